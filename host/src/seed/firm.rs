//! The firm, its tree and its people.

use anyhow::{Context, Result, ensure};
use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::id::{NodeId, TenantId, UserId};
use crate::store::Tx;
use crate::store::node::{Node, NodeKind, node_by_code, node_firm, node_insert};
use crate::store::tenant::{Tenant, tenant_by_slug, tenant_insert};
use crate::store::user::{User, UserRole, UserState, user_by_email, user_insert};

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

/// Adds a firm and the root of its tree, unless they are there: short name; then name, code and tax number.
pub async fn firm_add(app: &App, slug: &str, words: (&str, &str, &str)) -> Result<(TenantId, NodeId)> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let tenant = match tenant_by_slug(&mut tx, slug).await? {
        Some(tenant) => tenant.tenant_id,
        None => tenant_new(&mut tx, slug, words.0, now_ms).await?,
    };
    let firm = match node_firm(&mut tx, tenant).await? {
        Some(node) => node.node_id,
        None => node_new(&mut tx, tenant, None, words, now_ms).await?,
    };
    tx.commit().await?;
    Ok((tenant, firm))
}

async fn tenant_new(tx: &mut Tx, slug: &str, name: &str, now_ms: i64) -> Result<TenantId> {
    let tenant = Tenant {
        tenant_id: TenantId::at(now_ms),
        slug: slug.to_owned(),
        name: name.to_owned(),
        zone: "Europe/Istanbul".to_owned(),
        currency: "TRY".to_owned(),
        created_at_ms: now_ms,
    };
    ensure!(tenant_insert(tx, &tenant).await?, "the firm was written meanwhile");
    Ok(tenant.tenant_id)
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
        None => node_new(tx, tenant, Some(parent), words, now_ms).await,
    }
}

async fn node_new(
    tx: &mut Tx,
    tenant: TenantId,
    parent: Option<NodeId>,
    (name, code, tax_no): (&str, &str, &str),
    now_ms: i64,
) -> Result<NodeId> {
    let node = Node {
        tenant_id: tenant,
        node_id: NodeId::at(now_ms),
        parent_id: parent.map(NodeId::to_text),
        kind: if parent.is_none() { NodeKind::Firm } else { NodeKind::Dealer },
        name: name.to_owned(),
        code: code.to_owned(),
        tax_no: Some(tax_no.to_owned()),
        email: None,
        phone: None,
        settings: if parent.is_none() { r#"{"instalments_max":12}"# } else { "{}" }.to_owned(),
        created_at_ms: now_ms,
    };
    ensure!(node_insert(tx, &node).await?, "{code} was written meanwhile");
    Ok(node.node_id)
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

/// Adds a person, unless there is one with this address.
pub async fn user_add(
    app: &App,
    tenant: TenantId,
    node: NodeId,
    role: UserRole,
    email: &str,
    name: &str,
    password: &str,
) -> Result<bool> {
    let mut tx = app.db.read().await?;
    if user_by_email(&mut tx, email).await?.is_some() {
        return Ok(false);
    }
    drop(tx);
    let now_ms = app.clock.now_ms();
    let user = User {
        tenant_id: tenant,
        user_id: UserId::at(now_ms),
        node_id: node,
        role,
        email: email.to_owned(),
        name: name.to_owned(),
        language: "tr".to_owned(),
        // Hashing is slow: not inside a transaction.
        password_hash: app.security.passwords.hash(Zeroizing::new(password.to_owned())).await?,
        state: UserState::Active,
        created_at_ms: now_ms,
    };
    let mut tx = app.db.begin().await?;
    let added = user_insert(&mut tx, &user).await?;
    tx.commit().await?;
    Ok(added)
}
