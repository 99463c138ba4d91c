//! What every seed begins with: loaded plugins, keys, and a database with a firm in it, made once and copied.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use futures::future::BoxFuture;
use jiff::civil::date;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use vezne::app::App;
use vezne::config::Config;
use vezne::ctx::{Actor, Clock, Ctx, Locale};
use vezne::domain::id::{ApiKeyId, CustomerId, NodeId, PosAccountId, TenantId};
use vezne::domain::money::Currency;
use vezne::domain::party::Party;
use vezne::domain::receivable::ComponentKind;
use vezne::flow::books::{NewReceivable, receivable_raise_in_tx};
use vezne::flow::pos_account::pos_account_create;
use vezne::flow::webhook::webhook_endpoint_create;
use vezne::plugin::{OutRequest, Plugins, Response, Transport, TransportFailure};
use vezne::security::publisher::TrustStore;
use vezne::security::{Keys, PasswordCost, Security};
use vezne::store::Db;
use vezne::store::customer::{Customer, customer_insert};

use crate::host::{config, connector};
use crate::seed;

/// When every world begins: 2026-11-20 10:00 in Istanbul.
pub const START_MS: i64 = 1_795_158_000_000;
/// The firm is older than any clock can be wrong.
const FOUNDED_MS: i64 = START_MS - 3_600_000;
/// How long an act at the bank may take.
pub const BANK_DEADLINE_MS: i64 = 10_000;
/// Where the bank is said to be; nobody listens there.
const BANK: &str = "http://127.0.0.1:9";
/// Where the firm's program is said to be.
const RECEIVER: &str = "http://127.0.0.1:9/hook";

/// What the seeds share.
pub struct Kit {
    pub plugins: Plugins,
    pub security: Security,
    pub config: Config,
    pub tenant: TenantId,
    pub node: NodeId,
    pub customer: CustomerId,
    /// Without 3-D Secure, with the model `3d`, with the model `3d-pay`.
    pub pos: [PosAccountId; 3],
    database: Vec<u8>,
    folder: TempDir,
}

/// Nobody is asked while the firm is set up.
struct Nobody;

impl Transport for Nobody {
    fn send<'a>(
        &'a self,
        _: &'a OutRequest,
        _: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        Box::pin(std::future::pending())
    }
}

impl Kit {
    /// Compiles the connector and sets the firm up.
    pub async fn make() -> Result<Self> {
        let folder = memory_folder()?;
        let path = folder.path().join("template.sqlite");
        let url = format!("sqlite:{}", path.display());
        let plugins_dir = folder.path().join("plugins");
        std::fs::create_dir_all(&plugins_dir)?;
        std::fs::copy(connector()?, plugins_dir.join("pos-nestpay.wasm"))?;
        let plugins = Plugins::load_still(&plugins_dir, &folder.path().join("components"), Arc::new(Nobody))?;
        ensure!(plugins.refusals().is_empty(), "the connector is refused: {:?}", plugins.refusals());
        let config = Config {
            bank_deadline_ms: u64::try_from(BANK_DEADLINE_MS)?,
            sandbox_url: None,
            ..config(&url, SocketAddr::from(([127, 0, 0, 1], 9)), BANK)?
        };
        let clock = Clock::simulated(FOUNDED_MS);
        let keys = Keys::open(&folder.path().join("keys"))?;
        let cost = PasswordCost { memory_kib: config.password_memory_kib, ..PasswordCost::PRODUCTION };
        let security = Security::new(&keys, cost, &clock, &config.public_url);
        let db = Db::open(&url).await?;
        let app = App::assemble(
            config.clone(),
            clock,
            db,
            plugins.clone(),
            TrustStore::default(),
            (Arc::new(Nobody), Arc::new(Nobody)),
            security.clone(),
        );
        let firm = seed::firm(&app, "dunya").await?;
        let (tenant, node): (TenantId, NodeId) = (firm.tenant.parse()?, firm.node.parse()?);
        let ctx = ctx(&app.clock, tenant, node);
        let pos = [
            pos_account(&app, &ctx, "none").await?,
            pos_account(&app, &ctx, "3d").await?,
            pos_account(&app, &ctx, "3d-pay").await?,
        ];
        let customer = customer_in_debt(&app, tenant, node).await?;
        let endpoint = serde_json::from_value(json!({ "url": RECEIVER, "events": [] }))?;
        webhook_endpoint_create(&app, &ctx, &endpoint).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        app.drain().await;
        watched(&path).await?;
        let database = std::fs::read(&path)?;
        Ok(Self { plugins, security, config, tenant, node, customer, pos, database, folder })
    }

    /// A copy of the database for one seed, in a folder of its own.
    pub fn database(&self) -> Result<(TempDir, String)> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        let path = folder.path().join("w.sqlite");
        std::fs::write(&path, &self.database)?;
        Ok((folder, format!("sqlite:{}", path.display())))
    }
}

/// Who acts for the firm.
pub fn ctx(clock: &Clock, tenant: TenantId, node: NodeId) -> Ctx {
    Ctx {
        tenant,
        actor: Actor::ApiKey(ApiKeyId::at(START_MS)),
        scope: node,
        request_id: "world".to_owned(),
        locale: Locale::default(),
        clock: clock.clone(),
    }
}

/// Memory where the system has some to offer as a folder: nothing here need outlive the process.
fn memory_folder() -> Result<TempDir> {
    let shared = Path::new("/dev/shm");
    let made = tempfile::Builder::new().prefix("vezne-world-").tempdir_in(shared);
    Ok(made.or_else(|_| tempfile::tempdir())?)
}

async fn pos_account(app: &App, ctx: &Ctx, model: &str) -> Result<PosAccountId> {
    let wanted = serde_json::from_value(json!({
        "name": format!("Dünya POS {model}"), "plugin": "pos-nestpay", "bank": "isbank", "environment": "test",
        "three_d_model": model, "config": { "client-id": "700655000200", "user-name": "ISBANKAPI" },
        "endpoints": { "api": format!("{BANK}/fim/api"), "gate": format!("{BANK}/fim/est3Dgate") },
        "secrets": { "api-password": "ISBANK07", "store-key": "TRPS0200" },
    }))?;
    pos_account_create(app, ctx, &wanted).await.map_err(|error| anyhow::anyhow!("{error}"))
}

/// A customer with debts that two payments may close at once.
async fn customer_in_debt(app: &App, tenant_id: TenantId, node_id: NodeId) -> Result<CustomerId> {
    let customer_id = CustomerId::at(FOUNDED_MS);
    let mut tx = app.db.begin().await?;
    let customer = Customer {
        tenant_id,
        customer_id,
        node_id,
        node_name: String::new(),
        name: "Ayşe Yılmaz".to_owned(),
        code: "C1".to_owned(),
        tax_no: None,
        email: None,
        phone: None,
        created_at_ms: FOUNDED_MS,
    };
    ensure!(customer_insert(&mut tx, &customer).await?, "the customer is there already");
    for (number, principal) in [(1, 25_000), (2, 12_345)] {
        let debt = NewReceivable {
            node: node_id,
            debtor: Party::Customer(customer_id),
            currency: Currency::TRY,
            document_no: Some(format!("F-{number}")),
            description: None,
            due_on: date(2026, 11, number),
            components: vec![(ComponentKind::Expense, 1_500), (ComponentKind::Principal, principal)],
            created_by: "world".to_owned(),
        };
        receivable_raise_in_tx(&mut tx, tenant_id, &debt, FOUNDED_MS).await?;
    }
    tx.commit().await?;
    Ok(customer_id)
}

/// Tables and triggers that tell the judge of every move, and of every change to what must never change (P6).
const WATCH: &str = "
create table world_move (seq integer primary key, kind text not null, id text not null, of text not null,
    was text not null, is_now text not null);
create table world_breach (what text not null);
create trigger world_payment_new after insert on payment begin
    insert into world_move (kind, id, of, was, is_now)
    values ('payment', new.payment_id, coalesce(json_extract(new.metadata, '$.client'), ''), '', new.state); end;
create trigger world_payment_moved after update of state on payment when old.state <> new.state begin
    insert into world_move (kind, id, of, was, is_now)
    values ('payment', new.payment_id, '', old.state, new.state); end;
create trigger world_attempt_new after insert on attempt begin
    insert into world_move (kind, id, of, was, is_now)
    values ('attempt', new.order_no, new.payment_id, '', new.state); end;
create trigger world_attempt_moved after update of state on attempt when old.state <> new.state begin
    insert into world_move (kind, id, of, was, is_now)
    values ('attempt', new.order_no, new.payment_id, old.state, new.state); end;
create trigger world_operation_new after insert on operation begin
    insert into world_move (kind, id, of, was, is_now)
    values ('operation', new.operation_id, new.kind, '', new.state); end;
create trigger world_operation_moved after update of state on operation when old.state <> new.state begin
    insert into world_move (kind, id, of, was, is_now)
    values ('operation', new.operation_id, new.kind, old.state, new.state); end;
create trigger world_sent after insert on payment_event when new.kind = 'bank.sent' begin
    insert into world_move (kind, id, of, was, is_now)
    select 'sent', a.order_no, new.payment_id, '', '' from attempt a
    where a.tenant_id = new.tenant_id and a.attempt_id = new.attempt_id; end;
create trigger world_event_told after insert on outbox begin
    insert into world_move (kind, id, of, was, is_now)
    values ('told', new.event_id, new.aggregate, cast(new.sequence as text), new.type); end;
";

/// Tables of which no row may be changed or deleted.
const FOR_EVER: [&str; 4] = ["posting", "entry", "allocation", "payment_event"];

async fn watched(path: &Path) -> Result<()> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await?;
    sqlx::raw_sql(WATCH).execute(&mut connection).await?;
    for table in FOR_EVER {
        for act in ["update", "delete"] {
            let trigger = format!(
                "create trigger world_{table}_{act} after {act} on {table} begin \
                 insert into world_breach values ('{act} of {table}'); end;"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&mut connection).await?;
        }
    }
    sqlx::raw_sql("pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
    Ok(connection.close().await?)
}
