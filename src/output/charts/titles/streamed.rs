//! The title of the flow of clients.

use super::count;
use crate::output::words::percent;

/// Clients by what was decided, as the title needs them; means over replications.
#[derive(Clone, Debug, Default)]
pub(in crate::output::charts) struct Streamed<'a> {
    pub(in crate::output::charts) clients: f64,
    /// Whose entry and mailbox site differ, and who have both.
    pub(in crate::output::charts) elsewhere: f64,
    pub(in crate::output::charts) placed: f64,
    pub(in crate::output::charts) refused: f64,
    /// The site of the mailbox of most of those who are refused, and how many.
    pub(in crate::output::charts) refused_of: Option<(&'a str, f64)>,
}

/// Where clients go.
pub(in crate::output::charts) fn flow(of: &Streamed<'_>) -> String {
    let goes = match of {
        Streamed { clients, placed, .. } if *placed <= 0.0 => {
            format!("{} clients, none with a site to enter", count(*clients))
        }
        Streamed { elsewhere, placed, .. } if *elsewhere > 0.0 => format!(
            "{} of the clients enter one site and have their mailbox in another",
            percent(elsewhere / placed)
        ),
        _ => format!("All {} clients enter the site of their mailbox", count(of.placed)),
    };
    let are = if of.refused == 1.0 { "is" } else { "are" };
    match of.refused_of {
        _ if of.refused <= 0.0 => goes,
        // "Most" is more than half of them.
        Some((site, many)) if many > 0.5 * of.refused => {
            let those = if many >= of.refused { "all" } else { "most" };
            format!("{goes}; {} {are} refused, {those} of them with the mailbox in {site}", count(of.refused))
        }
        _ => format!("{goes}; {} {are} refused", count(of.refused)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_elsewhere_and_who_is_refused() {
        let mut of =
            Streamed { clients: 7_777.0, elsewhere: 4_734.0, placed: 7_777.0, ..Streamed::default() };
        let most = "60.9 % of the clients enter one site and have their mailbox in another";
        assert_eq!(flow(&of), most);
        (of.refused, of.refused_of) = (1_293.0, Some(("Boston", 1_280.0)));
        assert_eq!(flow(&of), format!("{most}; 1,293 are refused, most of them with the mailbox in Boston"));
        of.refused_of = Some(("Boston", 600.0));
        assert_eq!(flow(&of), format!("{most}; 1,293 are refused"));
        (of.refused, of.refused_of, of.elsewhere) = (1.0, Some(("Boston", 1.0)), 0.0);
        assert_eq!(
            flow(&of),
            "All 7,777 clients enter the site of their mailbox; 1 is refused, all of them with the mailbox in Boston"
        );
        (of.placed, of.refused) = (0.0, 0.0);
        assert_eq!(flow(&of), "7,777 clients, none with a site to enter");
    }
}
