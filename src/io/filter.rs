//! Programs of the user's that text is piped through.

use std::io::Write as _;
use std::process::Stdio;

use super::programs;

/// Pipes a text through a command, which is split at spaces.
///
/// # Errors
/// The message says why the command can't be run, or how it failed.
pub fn send_through(command: &str, text: &str) -> Result<String, String> {
    let mut words = command.split_whitespace();
    let mut child = programs::command(words.next().unwrap_or_default())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that reads nothing says why by its exit code.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}", output.status, said.trim()))
}
