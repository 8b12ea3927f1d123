//! The metrics of failed sign-ins.

use crate::metrics::{Catalogue, Counters, create_series};

/// Where a sign-in failed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Door {
    /// The token of a user was refused.
    Api,
    /// A request to `/admin` had no valid token.
    Admin,
}

/// The numbers of failed sign-ins; clones share them.
#[derive(Clone, Default)]
pub struct SignInMetrics(Counters);

impl SignInMetrics {
    /// Adds the metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        for door in [Door::Api, Door::Admin] {
            create_series(&self.0, &door.label());
        }
        catalogue.add(
            "sign_in_failures",
            &["door"],
            "Requests with a token that was refused: `api`; and requests to `/admin` without a valid one: `admin`",
            self.0.clone(),
        );
    }

    pub(super) fn count_failure(&self, door: Door) {
        self.0.get_or_create(&door.label()).inc();
    }
}

impl Door {
    fn label(self) -> [(&'static str, &'static str); 1] {
        let name = match self {
            Self::Api => "api",
            Self::Admin => "admin",
        };
        [("door", name)]
    }
}
