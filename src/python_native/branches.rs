//! The branches of `if` in `CMakeLists.txt` and `meson.build`.

/// The `if`s around a command, the innermost one last.
#[derive(Default)]
pub(super) struct Branches(Vec<Branch>);

/// The branch of an `if` that is being read.
struct Branch {
    /// Whether the build takes it; `None` if that can't be evaluated.
    holds: Option<bool>,
    /// Whether the build takes a branch before it.
    is_over: bool,
    /// Whether the build may take a branch before it.
    is_doubtful: bool,
}

impl Branches {
    /// Enters an `if` whose condition evaluates to `holds`.
    pub(super) fn enter(&mut self, holds: Option<bool>) {
        self.0.push(Branch {
            holds,
            is_over: false,
            is_doubtful: false,
        });
    }

    /// Goes on to the next branch of the innermost `if`.
    pub(super) fn next(&mut self, holds: Option<bool>) {
        if let Some(branch) = self.0.last_mut() {
            branch.is_over |= branch.holds == Some(true);
            branch.is_doubtful |= branch.holds.is_none();
            branch.holds = match holds {
                _ if branch.is_over => Some(false),
                Some(true) if branch.is_doubtful => None,
                holds => holds,
            };
        }
    }

    /// Leaves the innermost `if`.
    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    /// Tells whether the build may take the current branch.
    pub(super) fn may_be_taken(&self) -> bool {
        self.0.iter().all(|branch| branch.holds != Some(false))
    }

    /// Tells whether the build takes the current branch in any case.
    pub(super) fn are_taken(&self) -> bool {
        self.0.iter().all(|branch| branch.holds == Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_after_a_doubtful_one_is_never_certain() {
        let mut branches = Branches::default();
        branches.enter(None);
        branches.next(Some(false));
        assert!(!branches.may_be_taken());
        branches.next(Some(true));
        assert!(branches.may_be_taken() && !branches.are_taken());
        branches.leave();
        assert!(branches.are_taken());
    }

    #[test]
    fn no_branch_after_one_that_is_taken_counts() {
        let mut branches = Branches::default();
        branches.enter(Some(false));
        branches.next(Some(true));
        assert!(branches.are_taken());
        branches.next(Some(true));
        assert!(!branches.may_be_taken());
    }
}
