//! `casim completions` and `casim man`: what shells and `man` know of the command line, made of the arguments themselves.

use std::io::Write;

use clap::Command;
use clap_complete::Shell;

use super::error::Error;

/// Arguments of `casim completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Where a shell looks for them:\n  \
    bash        casim completions bash > ~/.local/share/bash-completion/completions/casim\n  \
    zsh         casim completions zsh > a folder of $fpath, as _casim\n  \
    fish        casim completions fish > ~/.config/fish/completions/casim.fish\n  \
    powershell  casim completions powershell >> $PROFILE")]
pub struct Args {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `casim man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "casim man | man -l -\ncasim man run > casim-run.1")]
pub struct ManArgs {
    /// The page of this command [default: that of casim].
    command: Option<String>,
}

pub(super) fn exec(args: &Args, mut whole: Command, out: &mut dyn Write) -> Result<(), Error> {
    // Into memory first: a pipe that is closed early is no fault of the one who writes.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut whole, "casim", &mut text);
    Ok(out.write_all(&text)?)
}

pub(super) fn man(args: &ManArgs, whole: Command, out: &mut dyn Write) -> Result<(), Error> {
    let mut whole = whole.disable_help_subcommand(true);
    // Tells commands their full names.
    whole.build();
    let command = match &args.command {
        None => whole,
        Some(name) => {
            let found = whole.find_subcommand(name).cloned();
            let found = found.ok_or_else(|| Error::question(format!("casim has no command `{name}`")))?;
            found.name(format!("casim-{name}"))
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(out.write_all(&text)?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::commands::Cli;

    #[test]
    fn every_command_is_known_to_shells_and_has_a_page() {
        let printed = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut text = Vec::new();
            write(&mut text);
            String::from_utf8(text).unwrap()
        };
        let zsh = printed(&|out| exec(&Args { shell: Shell::Zsh }, Cli::command(), out).unwrap());
        let whole = printed(&|out| man(&ManArgs { command: None }, Cli::command(), out).unwrap());
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(zsh.contains(&format!("({name})")), "zsh does not know {name}");
            assert!(whole.contains(&format!("casim\\-{name}(1)")), "{name} is not named");
            let page = printed(&|out| {
                man(&ManArgs { command: Some(name.to_owned()) }, Cli::command(), out).unwrap()
            });
            assert!(page.contains(&format!(".TH casim-{name} 1")), "{page}");
        }
        assert!(man(&ManArgs { command: Some("fly".to_owned()) }, Cli::command(), &mut Vec::new()).is_err());
    }
}
