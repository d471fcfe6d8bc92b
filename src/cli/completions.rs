//! `cargo pyhack completions`: prints the completions of a shell.

use clap::Args;
use clap_complete::{Shell, generate};

use super::ui::{Text, Ui};
use crate::error::Error;

/// Completes `cargo pyhack` by the completions of `cargo-pyhack`, and
/// everything else of cargo as before.
const BASH_CARGO: &str = r#"
# Completes `cargo pyhack` like `cargo-pyhack`.
_cargo_pyhack_default="$(complete -p cargo 2>/dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p')"
_cargo_with_pyhack() {
    if [[ "${COMP_CWORD}" -gt 1 && "${COMP_WORDS[1]}" == "pyhack" ]]; then
        COMP_WORDS=(cargo-pyhack "${COMP_WORDS[@]:2}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _cargo_pyhack cargo-pyhack "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    elif [[ -n "${_cargo_pyhack_default}" ]]; then
        "${_cargo_pyhack_default}" "$@"
    fi
}
[[ "${_cargo_pyhack_default}" == _cargo_with_pyhack ]] || complete -F _cargo_with_pyhack -o nosort -o bashdefault -o default cargo
"#;

const FISH_CARGO: &str = r#"
# Completes `cargo pyhack` like `cargo-pyhack`.
function __cargo_pyhack_complete
    set -l words (commandline -opc)[3..] (commandline -ct)
    complete -C "cargo-pyhack $words"
end
complete -c cargo -n '__fish_seen_subcommand_from pyhack' -f -a '(__cargo_pyhack_complete)'
"#;

/// Generate a completion script for a shell
///
/// The script completes `cargo-pyhack`, and in bash, zsh and fish
/// `cargo pyhack`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(cargo pyhack completions bash)                     in ~/.bashrc
  cargo pyhack completions zsh > ~/.zfunc/_cargo-pyhack       in a folder of $fpath
  cargo pyhack completions fish > ~/.config/fish/completions/cargo-pyhack.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(self, ui: &Ui) -> Result<(), Error> {
        ui.result(&(), |()| Text::Data(script(self.shell)))
    }
}

/// Returns the script of a shell.
fn script(shell: Shell) -> String {
    match shell {
        // In bash, clap_complete finds no subcommands of a program with a
        // hyphen in its name, so it gets another one.
        Shell::Bash => {
            let script = generated(shell, "cargo_pyhack");
            script.replace(" cargo_pyhack\n", " cargo-pyhack\n") + BASH_CARGO
        }
        Shell::Fish => generated(shell, "cargo-pyhack") + FISH_CARGO,
        // zsh's completion of cargo calls `_cargo-pyhack` itself.
        _ => generated(shell, "cargo-pyhack"),
    }
}

fn generated(shell: Shell, program: &str) -> String {
    let mut script = Vec::new();
    generate(shell, &mut super::command(), program, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
