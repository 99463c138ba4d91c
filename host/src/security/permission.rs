//! Who may do what: one function decides.

use vezne_api::{Permission, Role, Scope};

use crate::domain::id::{NodeId, TenantId};

/// What an actor holds: a place in the tree and what may be done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// The firm.
    pub tenant: TenantId,
    /// The root of what may be seen.
    pub scope: NodeId,
    /// What may be done there, sorted.
    pub permissions: Vec<Permission>,
}

impl Grants {
    /// Of a person.
    pub fn of_role(tenant: TenantId, scope: NodeId, role: Role) -> Self {
        Self { tenant, scope, permissions: of_role(role).to_vec() }
    }

    /// Of a program.
    pub fn of_scopes(tenant: TenantId, scope: NodeId, scopes: &[Scope]) -> Self {
        let mut permissions: Vec<_> = scopes.iter().flat_map(|scope| of_scope(*scope)).copied().collect();
        permissions.sort_unstable();
        permissions.dedup();
        Self { tenant, scope, permissions }
    }

    /// Whether the act may be done somewhere in the actor's part of the tree.
    pub fn has(&self, action: Permission) -> bool {
        self.permissions.contains(&action)
    }
}

/// What is acted on.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The firm it belongs to.
    pub tenant: TenantId,
    /// From the firm down to the node it belongs to, that node included.
    pub path: &'a [NodeId],
}

/// What comes of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Do it.
    Allowed,
    /// It is seen but may not be done: 403.
    Forbidden,
    /// It is not even seen: 404, as if it did not exist.
    Invisible,
}

/// Decides. Nothing is allowed that is not granted.
pub fn allowed(actor: &Grants, action: Permission, object: Object<'_>) -> Verdict {
    if actor.tenant != object.tenant || !object.path.contains(&actor.scope) {
        return Verdict::Invisible;
    }
    if actor.has(action) { Verdict::Allowed } else { Verdict::Forbidden }
}

/// What a role may do in its part of the tree.
pub fn of_role(role: Role) -> &'static [Permission] {
    use Permission as P;
    match role {
        Role::FirmAdministrator => ALL,
        Role::FirmClerk => &[
            P::PaymentRead,
            P::PaymentCreate,
            P::PaymentMailOrder,
            P::RefundCreate,
            P::DealerRead,
            P::CustomerRead,
            P::CustomerCreate,
            P::ReceivableRead,
            P::ReceivableCreate,
            P::PosAccountRead,
            P::WebhookRead,
            P::DoubtRead,
            P::DoubtDecide,
        ],
        // No refunds: what a dealer collects or pays may sit on the firm's POS account.
        Role::Dealer => &[
            P::PaymentRead,
            P::PaymentCreate,
            P::DealerRead,
            P::DealerCreate,
            P::CustomerRead,
            P::CustomerCreate,
            P::ReceivableRead,
            P::ReceivableCreate,
        ],
        Role::SubDealer => &[
            P::PaymentRead,
            P::PaymentCreate,
            P::DealerRead,
            P::CustomerRead,
            P::CustomerCreate,
            P::ReceivableRead,
            P::ReceivableCreate,
        ],
    }
}

/// What a scope of an API key lets a program do.
pub fn of_scope(scope: Scope) -> &'static [Permission] {
    use Permission as P;
    match scope {
        Scope::PaymentsRead => &[P::PaymentRead, P::DoubtRead],
        Scope::PaymentsWrite => &[P::PaymentRead, P::PaymentCreate, P::PaymentMailOrder],
        Scope::RefundsWrite => &[P::PaymentRead, P::RefundCreate],
        Scope::BooksRead => &[P::DealerRead, P::CustomerRead, P::ReceivableRead, P::LedgerRead],
        Scope::BooksWrite => &[
            P::DealerRead,
            P::DealerCreate,
            P::CustomerRead,
            P::CustomerCreate,
            P::ReceivableRead,
            P::ReceivableCreate,
        ],
        Scope::PosRead => &[P::PosAccountRead],
        Scope::PosWrite => &[P::PosAccountRead, P::PosAccountWrite],
        Scope::WebhooksRead => &[P::WebhookRead],
        Scope::WebhooksWrite => &[P::WebhookRead, P::WebhookWrite],
        Scope::PluginsWrite => &[P::PosAccountRead, P::PluginWrite],
    }
}

/// Every permission there is.
pub const ALL: &[Permission] = &[
    Permission::PaymentRead,
    Permission::PaymentCreate,
    Permission::PaymentMailOrder,
    Permission::RefundCreate,
    Permission::DealerRead,
    Permission::DealerCreate,
    Permission::CustomerRead,
    Permission::CustomerCreate,
    Permission::ReceivableRead,
    Permission::ReceivableCreate,
    Permission::LedgerRead,
    Permission::PosAccountRead,
    Permission::PosAccountWrite,
    Permission::WebhookRead,
    Permission::WebhookWrite,
    Permission::PluginWrite,
    Permission::ApiKeyWrite,
    Permission::AuditRead,
    Permission::DoubtRead,
    Permission::DoubtDecide,
];

/// Every scope there is.
pub const SCOPES: &[Scope] = &[
    Scope::PaymentsRead,
    Scope::PaymentsWrite,
    Scope::RefundsWrite,
    Scope::BooksRead,
    Scope::BooksWrite,
    Scope::PosRead,
    Scope::PosWrite,
    Scope::WebhooksRead,
    Scope::WebhooksWrite,
    Scope::PluginsWrite,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROLES: [Role; 4] = [Role::FirmAdministrator, Role::FirmClerk, Role::Dealer, Role::SubDealer];

    /// A tree as parents by index; node 0 is the firm.
    fn tree() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::vec(any::<prop::sample::Index>(), 0..20).prop_map(|picks| {
            let mut parents = vec![0];
            for pick in picks {
                parents.push(pick.index(parents.len()));
            }
            parents
        })
    }

    fn path(parents: &[usize], ids: &[NodeId], mut node: usize) -> Vec<NodeId> {
        let mut path = vec![ids[node]];
        while node != 0 {
            node = parents[node];
            path.push(ids[node]);
        }
        path.reverse();
        path
    }

    proptest! {
        #[test]
        fn nobody_acts_outside_the_own_subtree(
            parents in tree(), at in any::<prop::sample::Index>(), on in any::<prop::sample::Index>(),
            role in prop::sample::select(ROLES.to_vec()), action in prop::sample::select(ALL.to_vec()),
        ) {
            let tenant = TenantId::at(1);
            let ids: Vec<NodeId> = parents.iter().map(|_| NodeId::at(1)).collect();
            let (at, on) = (at.index(ids.len()), on.index(ids.len()));
            let actor = Grants::of_role(tenant, ids[at], role);
            let object = path(&parents, &ids, on);
            let verdict = allowed(&actor, action, Object { tenant, path: &object });
            let below = object.contains(&ids[at]);
            prop_assert_eq!(verdict == Verdict::Invisible, !below);
            prop_assert_eq!(verdict == Verdict::Allowed, below && of_role(role).contains(&action));
            let elsewhere = Object { tenant: TenantId::at(1), path: &object };
            prop_assert_eq!(allowed(&actor, action, elsewhere), Verdict::Invisible);
        }
    }

    #[test]
    fn a_smaller_role_holds_nothing_that_a_larger_one_lacks() {
        for (smaller, larger) in [
            (Role::SubDealer, Role::Dealer),
            (Role::Dealer, Role::FirmAdministrator),
            (Role::FirmClerk, Role::FirmAdministrator),
        ] {
            for permission in of_role(smaller) {
                assert!(of_role(larger).contains(permission), "{smaller:?} {permission:?}");
            }
        }
    }

    #[test]
    fn no_scope_lets_a_program_make_keys_read_the_audit_log_or_decide_a_doubt() {
        let grants = Grants::of_scopes(TenantId::at(1), NodeId::at(1), SCOPES);
        for alone in [Permission::ApiKeyWrite, Permission::AuditRead, Permission::DoubtDecide] {
            assert!(!grants.has(alone), "{alone:?}");
        }
    }
}
