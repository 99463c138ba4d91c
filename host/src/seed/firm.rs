//! The firm, its tree and its people.

use anyhow::{Context, Result};

use crate::app::App;
use crate::domain::id::{NodeId, TenantId};
use crate::flow::tenant::{firm_add, node_add_in_tx};
use crate::flow::user::user_add;
use crate::store::Tx;
use crate::store::node::node_by_code;
use crate::store::user::UserRole;

/// The demo firm's short name.
pub const SLUG: &str = "mavileylek";

/// Where everything stands.
pub(super) struct Tree {
    pub tenant: TenantId,
    pub firm: NodeId,
    pub ankara: NodeId,
    pub cankaya: NodeId,
    pub izmir: NodeId,
}

/// Who may sign in, to be printed.
#[derive(Debug, Clone, Copy)]
pub struct Login {
    /// What the person is.
    pub who: &'static str,
    /// What the person signs in with.
    pub email: &'static str,
    /// Known to everybody: the demo lives in sandboxes only.
    pub password: &'static str,
}

pub(super) async fn tree(app: &App) -> Result<Tree> {
    let now_ms = app.clock.now_ms();
    let (tenant, firm) = firm_add(app, SLUG, ("Mavi Leylek Seramik A.Ş.", "MERKEZ", "1234567890")).await?;
    let mut tx = app.db.begin().await?;
    let ankara = node_of(&mut tx, tenant, firm, ("Ankara Bayi", "ANK", "2345678901"), now_ms).await?;
    let cankaya = node_of(&mut tx, tenant, ankara, ("Çankaya Alt Bayi", "CAN", "3456789012"), now_ms).await?;
    let izmir = node_of(&mut tx, tenant, firm, ("İzmir Bayi", "IZM", "4567890123"), now_ms).await?;
    tx.commit().await?;
    Ok(Tree { tenant, firm, ankara, cankaya, izmir })
}

async fn node_of(
    tx: &mut Tx,
    tenant: TenantId,
    parent: NodeId,
    words: (&str, &str, &str),
    now_ms: i64,
) -> Result<NodeId> {
    match node_by_code(tx, tenant, words.1).await? {
        Some(node) => Ok(node.node_id),
        None => Ok(node_add_in_tx(tx, tenant, Some(parent), words, now_ms).await?),
    }
}

pub(super) async fn people(app: &App, tree: &Tree) -> Result<Vec<Login>> {
    let people = [
        (
            Login { who: "Yönetici", email: "yonetici@mavileylek.example", password: "mavi-leylek-yonetici" },
            (tree.firm, UserRole::FirmAdministrator, "Derya Yılmaz"),
        ),
        (
            Login { who: "Muhasebe", email: "muhasebe@mavileylek.example", password: "mavi-leylek-muhasebe" },
            (tree.firm, UserRole::FirmClerk, "Okan Işık"),
        ),
        (
            Login { who: "Ankara Bayi", email: "bayi@mavileylek.example", password: "mavi-leylek-bayi" },
            (tree.ankara, UserRole::Dealer, "Gülşen Çelik"),
        ),
        (
            Login { who: "Çankaya Alt Bayi", email: "altbayi@mavileylek.example", password: "mavi-leylek-altbayi" },
            (tree.cankaya, UserRole::SubDealer, "İsmail Öztürk"),
        ),
        (
            Login { who: "İzmir Bayi", email: "izmir@mavileylek.example", password: "mavi-leylek-izmir" },
            (tree.izmir, UserRole::Dealer, "Ege Şahin"),
        ),
    ];
    for (login, (node, role, name)) in &people {
        user_add(app, tree.tenant, *node, *role, login.email, name, login.password)
            .await
            .with_context(|| login.email.to_owned())?;
    }
    Ok(people.into_iter().map(|(login, _)| login).collect())
}
