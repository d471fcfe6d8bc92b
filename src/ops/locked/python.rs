//! The Python of a lock, if the options name none.

use std::sync::Arc;

use camino::Utf8Path;

use super::Workspace;
use crate::io::Session;
use crate::io::paths::{full_path, is_file, join_below};
use crate::io::write::read_text;
use crate::ops::load::{Loaded, Request};
use crate::options::{Chosen, Setting};
use crate::python_lock::{Preference, PythonChoice, PythonLock};
use crate::target::Python;

/// What the Python of a lock is chosen from.
pub(super) struct Pythons {
    pub lock: Arc<PythonLock>,
    /// The text of `.python-version`.
    pub file: Option<String>,
    /// The newest minor version of the members with Rust.
    pub newest: Option<u8>,
}

impl Pythons {
    /// Chooses the minor version.
    pub(super) fn choose(&self, preference: Preference) -> u8 {
        let choice = PythonChoice {
            file: self.file.as_deref(),
            requires: self.lock.requires_python.as_deref(),
            newest: self.newest,
            wheels: (preference == Preference::Wheel).then_some(&*self.lock),
        };
        choice.choose()
    }
}

/// Returns the request with the Python of the `uv.lock` in or above its folder,
/// unless the request has a Python.
pub(in crate::ops) fn with_python_of_lock(request: &Request, session: &Session) -> Request {
    let mut request = request.clone();
    let is_open = request.options.target.python.is_none() && !request.locked.is_whole;
    if is_open && let Some(workspace) = Workspace::above(&request.path, session) {
        let preference = request.options.environment.source_preference.chosen();
        let preference = preference.copied().unwrap_or_default();
        let python = Python::regular(workspace.pythons.choose(preference));
        request.options.target.python = Some(Setting::new(python));
    }
    request
}

/// Returns the newest minor version of Python that all members with Rust
/// support; `None` if there are none.
pub(super) fn newest_python(folder: &Utf8Path, lock: &PythonLock, session: &Session) -> Option<u8> {
    let top = full_path(folder).ok()??;
    let members = lock.members().into_iter();
    let newest = members.filter_map(|(_, below)| {
        let path = if below == "." {
            folder.to_owned()
        } else {
            join_below(folder, below)
        };
        let place = full_path(&path).ok()??;
        // A lock that leads elsewhere isn't followed.
        if !place.starts_with(&top) || !may_have_rust(&path) {
            return None;
        }
        let request = Request {
            path,
            ..Request::default()
        };
        let loaded = Loaded::read(&request, session).ok()?;
        let has_rust = !loaded.project.rust.is_empty();
        has_rust.then_some(loaded.target.python_minor)
    });
    newest.min()
}

/// Whether a member is worth reading: what builds Rust says so in one of these.
fn may_have_rust(folder: &Utf8Path) -> bool {
    let words = ["rust", "maturin", "cargo"];
    let has_word = |name: &str| {
        let path = join_below(folder, name);
        let text = is_file(&path).then(|| read_text(&path).ok().flatten());
        let text = text.flatten().unwrap_or_default();
        words.iter().any(|word| text.contains(word))
    };
    is_file(&join_below(folder, "Cargo.toml"))
        || ["pyproject.toml", "setup.py", "setup.cfg", "build.py"]
            .into_iter()
            .any(has_word)
}
