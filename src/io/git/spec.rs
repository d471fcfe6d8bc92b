//! The revision that is checked out.

use super::super::error::{GitError, IoError};
use super::redacted_url;

#[derive(Debug, Clone)]
pub(super) struct CheckoutSpec {
    pub url: String,
    pub revision: String,
}

impl CheckoutSpec {
    pub(super) fn too_large(&self, what: &'static str) -> IoError {
        let (url, revision) = (redacted_url(&self.url), self.revision.clone());
        GitError::TooLarge {
            url,
            revision,
            what,
        }
        .into()
    }

    pub(super) fn unsound(&self, message: String) -> IoError {
        let (url, revision) = (redacted_url(&self.url), self.revision.clone());
        GitError::Checkout {
            url,
            revision,
            message,
        }
        .into()
    }
}
