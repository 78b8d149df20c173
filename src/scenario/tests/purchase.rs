//! What can be bought and what is asked of a plan change nothing of what is simulated.

use super::*;
use crate::model::purchase::{Growing, Line, Money, Speed, Survive};

const PLANNED: &str = r#"
[slo.survive]
cpu = "95 %"

[prices]
currency = "EUR"
balancer = { once = 4000 }

[[prices.server]]
name = "R650"
cores = 16
specint_rate = 600
once = 8200
licences = { a_year = 99.95 }

[[prices.line]]
of = ["link.Amsterdam-Boston", "site.Amsterdam.internet"]
bandwidth = "20 Mbps"
a_year = 14000

[plan]
years = 3
growth = { "population.Boston staff.mailboxes" = "to 0 in year 2", "*" = "5 % a year" }
survive = ["any server", "site.Boston"]

[[plan.bound]]
of = "site.Boston.cas"
least = 2
cores = 8
"#;

#[test]
fn prices_and_plan_are_read_and_change_no_model() {
    let plain = good(EXAMPLE);
    let planned = good(&format!("{EXAMPLE}\n{PLANNED}"));
    assert_eq!(planned.digest, plain.digest);
    assert_eq!(format!("{:?}", planned.model), format!("{:?}", plain.model));
    let prices = planned.purchase.prices.as_ref().expect("prices");
    let model = &prices.servers[0];
    assert_eq!((model.cores, model.speed), (16, Speed::SpecintRate(600.0)));
    // 8,200 once and three years of 99.95.
    assert_eq!(model.price.and(model.licences).total(3), Money(820_000 + 3 * 9_995));
    assert!(matches!(prices.lines[0].of[..], [Line::Link(_), Line::Internet(_)]));
    let plan = &planned.purchase.plan;
    let paths: Vec<&str> = plan.growth.iter().map(|growth| growth.path.as_str()).collect();
    assert_eq!(paths, ["*", "population.\"Boston staff\".mailboxes"]);
    assert_eq!(plan.growth[1].how, Growing::To { value: 0.0, year: 2 });
    assert!(matches!(plan.survive[..], [Survive::AnyServer, Survive::One { .. }]));
    assert_eq!((plan.bounds[0].least, plan.bounds[0].cores.as_slice()), (Some(2), &[8][..]));
    // What is left out of the goals of a loss is that of [slo].
    let goals = planned.model.workload.slo.with(&planned.purchase.survive);
    assert_eq!(goals, crate::model::workload::Slo { cpu: Some(0.95), ..plain.model.workload.slo });
    let again = good(&planned.resolved);
    assert_eq!((again.digest, again.purchase), (planned.digest, planned.purchase));
}

#[test]
fn faults_of_prices_and_plan_say_what_to_do() {
    for (from, to, help) in [
        ("once = 8200", "once = -5", "digits, and a point before cents"),
        ("once = 8200", "once = 1.005", "an amount such as 1200 or 19.90"),
        ("once = 8200\n", "", "`once` is an amount such as 1200, or `a_year` is"),
        ("currency = \"EUR\"", "", "`currency` is a name"),
        ("\"link.Amsterdam-Boston\"", "\"link.Amsterdam-Bostn\"", "did you mean `Amsterdam-Boston`?"),
        ("\"site.Amsterdam.internet\"", "\"site.Amsterdam\"", "for example \"link.Amsterdam-Boston\""),
        ("\"any server\"", "\"any servr\"", "did you mean \"any server\"?"),
        ("\"site.Boston\"]", "\"sit.Boston\"]", "did you mean `site`?"),
        ("Boston staff.mail", "Boston stff.mail", "did you mean `Boston staff`?"),
        ("\"*\" =", "\"link.Amsterdam-Boston.bandwidth\" =", "forms: \"*\", population.NAME.mailboxes"),
        ("\"5 % a year\"", "\"5 %\"", "write \"10 % a year\""),
        ("\"site.Boston.cas\"", "\"site.Boston.cas.1\"", "for example \"site.Boston\""),
        ("least = 2", "least = 2\nmost = 1", "`most` is less than `least`"),
    ] {
        let planned = PLANNED.replacen(from, to, 1);
        assert_ne!(planned, PLANNED, "{from}");
        let faults = read(&format!("{EXAMPLE}\n{planned}")).expect_err(to);
        assert!(faults.to_string().contains(help), "{to}: {faults}");
        assert!(faults.items.iter().all(|fault| !fault.labels.is_empty()), "{faults}");
    }
}
