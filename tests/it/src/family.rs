//! The bank families that the sandbox plays, each as a POS account of the story's firm.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::component::Component;
use crate::seed::pos_account_add;
use crate::world::World;

/// A bank of a family, with the sandbox's published test store.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "five facts that vary on their own")]
pub struct Family {
    /// Its name among the stories.
    pub name: &'static str,
    pub plugin: &'static str,
    pub bank: &'static str,
    config: Value,
    secrets: Value,
    /// Endpoint and its path at the sandbox.
    endpoints: &'static [(&'static str, &'static str)],
    /// The account for mail order, where the usual one is not open to it.
    mail_order: Option<(Value, Value)>,
    /// Has the protocol a mark of its own for mail order? Otherwise the account is open to it, or not.
    pub marks_mail_order: bool,
    /// Takes the bank a part of a reservation?
    pub captures_parts: bool,
    /// Can the bank say that a void or refund was never asked of it? Otherwise a person decides.
    pub tells_undone: bool,
    /// Has the bank's book a line for each refund? Otherwise it has one line for an order.
    pub lists_changes: bool,
}

/// What the kit saw a connector do (docs/connectors.md): an operation on a payment that began in this model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub operation: String,
    /// `none` or a 3-D model.
    pub model: String,
    /// Otherwise it is refused with a sentence.
    pub done: bool,
}

/// Every bank that the stories play: each connector at least once.
pub fn families() -> Vec<Family> {
    vec![
        akbank(),
        ccpayment(),
        garanti(),
        interpos(),
        katilim(),
        kuveyt(),
        msu(),
        nestpay(),
        param(),
        payflex(),
        payfor(),
        posnet(),
        posnet_v1(),
        tosla(),
    ]
}

/// The commonest: open to mail order, without a mark for it.
fn plain(name: &'static str, plugin: &'static str, bank: &'static str) -> Family {
    Family {
        name,
        plugin,
        bank,
        config: json!({}),
        secrets: json!({}),
        endpoints: &[],
        mail_order: None,
        marks_mail_order: false,
        captures_parts: true,
        tells_undone: true,
        lists_changes: true,
    }
}

fn akbank() -> Family {
    Family {
        config: json!({
            "merchant-safe-id": "2023090417500272654BD9A49CF07574", "terminal-safe-id": "2023090417500284633D137A249DBBEB",
        }),
        secrets: json!({
            "secret-key": "3230323330393034313735303032363031353172675f357637355f3273387373745f7233725f73323333383737335f323272383774767276327672323531355f",
        }),
        endpoints: &[("api", "/api/v1/payment/virtualpos"), ("gate", "")],
        marks_mail_order: true,
        ..plain("akbank", "pos-akbank", "akbank")
    }
}

fn ccpayment() -> Family {
    Family {
        config: json!({
            "app-id": "6d4a7e9374a76c15260fcc75e315b0b9",
            "merchant-key": "$2y$10$HmRgYosneqcwHj.UH7upGuyCZqpQ1ITgSMj9Vvxn.t6f.Vdf2SQFO",
            "mail-order": "true",
        }),
        secrets: json!({ "app-secret": "b46a67571aa1e7ef5641dc3fa6f1712a" }),
        endpoints: &[("api", "/ccpayment"), ("gate", "/ccpayment")],
        // Its staff may have queued what does not show yet.
        tells_undone: false,
        ..plain("ccpayment", "pos-ccpayment", "sipay")
    }
}

fn garanti() -> Family {
    let password = "123qweASD/";
    Family {
        config: json!({ "merchant-id": "7000679", "terminal-id": "30691298" }),
        secrets: json!({
            "api-password": password, "refund-password": password, "hosted-password": password, "store-key": "12345678",
        }),
        endpoints: &[("api", "/VPServlet"), ("gate", "/servlet/gt3dengine")],
        marks_mail_order: true,
        ..plain("garanti", "pos-garanti", "garanti")
    }
}

fn interpos() -> Family {
    Family {
        config: json!({ "shop-code": "3123", "user-code": "InterTestApi" }),
        secrets: json!({ "api-password": "3", "store-key": "gDg1N" }),
        endpoints: &[("api", "/mpi/Default.aspx"), ("gate", "/mpi/Default.aspx"), ("hosted-page", "/mpi/3DHost.aspx")],
        marks_mail_order: true,
        ..plain("interpos", "pos-interpos", "denizbank")
    }
}

fn katilim() -> Family {
    Family {
        config: json!({ "merchant-id": "7001", "customer-id": "11111", "user-name": "APIUSER" }),
        secrets: json!({ "api-password": "kdsnsksl" }),
        endpoints: &[("home", "/VirtualPOS.Gateway/Home")],
        marks_mail_order: true,
        mail_order: Some((
            json!({ "merchant-id": "7002", "customer-id": "11112", "user-name": "MOTOUSER" }),
            json!({ "api-password": "ğüş<12>" }),
        )),
        captures_parts: false,
        ..plain("katilim", "pos-boa", "vakifkatilim")
    }
}

fn kuveyt() -> Family {
    Family {
        config: json!({ "merchant-id": "496", "customer-id": "400235", "user-name": "apitest" }),
        secrets: json!({ "api-password": "api123" }),
        endpoints: &[
            ("home", "/boa.virtualpos.services/Home"),
            ("service", "/BOA.Integration.WCFService/BOA.Integration.VirtualPos/VirtualPosService.svc"),
        ],
        lists_changes: false,
        mail_order: Some((
            json!({ "merchant-id": "497", "customer-id": "400236", "user-name": "mailorder" }),
            json!({ "api-password": "şifre&123" }),
        )),
        ..plain("kuveyt", "pos-boa", "kuveytturk")
    }
}

fn msu() -> Family {
    Family {
        config: json!({ "merchant": "10000001", "merchant-user": "api.demo@example.com", "mail-order": "true" }),
        secrets: json!({ "merchant-password": "Parola&12=ş", "secret-key": "QOClasdJUuDDWasdasdasd" }),
        endpoints: &[("api", "/msu/api/v2"), ("gate", "/msu/api/v2")],
        ..plain("msu", "pos-msu", "paratika")
    }
}

fn nestpay() -> Family {
    Family {
        config: json!({ "client-id": "700655000200", "user-name": "ISBANKAPI" }),
        secrets: json!({ "api-password": "ISBANK07", "store-key": "TRPS0200" }),
        endpoints: &[("api", "/fim/api"), ("gate", "/fim/est3Dgate")],
        ..plain("nestpay", "pos-nestpay", "isbank")
    }
}

fn param() -> Family {
    Family {
        config: json!({ "client-code": "10738", "user-name": "Test" }),
        secrets: json!({ "api-password": "Test", "guid": "0c13d406-873b-403b-9c09-a5766840d98c" }),
        endpoints: &[
            ("api", "/turkpos.ws/service_turkpos_prod.asmx"),
            ("gate", ""),
            ("hosted-api", "/to.ws/Service_Odeme.asmx"),
            ("hosted-page", "/default.aspx"),
        ],
        ..plain("param", "pos-param", "param")
    }
}

fn payflex() -> Family {
    Family {
        config: json!({ "merchant-id": "000000000111111", "terminal-id": "VP000095" }),
        secrets: json!({ "api-password": "3XTgER89as" }),
        endpoints: &[
            ("vpos", "/VposService/v3/Vposreq.aspx"),
            ("mpi", "/MPIAPI/MPI_Enrollment.aspx"),
            ("search", "/UIService/Search.aspx"),
            ("register", "/CommonPayment/api/RegisterTransaction"),
            ("transaction", "/CommonPayment/api/VposTransaction"),
            ("page", "/CommonPayment/SecurePayment"),
        ],
        marks_mail_order: true,
        ..plain("payflex", "pos-payflex", "vakifbank")
    }
}

fn payfor() -> Family {
    Family {
        config: json!({ "merchant-id": "085300000009704", "user-code": "QNB_API_KULLANICI_3DPAY" }),
        secrets: json!({ "api-password": "UcBN0", "store-key": "12345678" }),
        endpoints: &[
            ("api", "/Gateway/XMLGate.aspx"),
            ("gate", "/Gateway/Default.aspx"),
            ("hosted", "/Gateway/3DHost.aspx"),
        ],
        marks_mail_order: true,
        ..plain("payfor", "pos-payfor", "qnb")
    }
}

fn posnet() -> Family {
    Family {
        config: json!({ "merchant-id": "6706598320", "terminal-id": "67005551", "posnet-id": "27426" }),
        secrets: json!({ "enc-key": "10,10,10,10,10,10,10,10" }),
        endpoints: &[("api", "/PosnetWebService/XML"), ("gate", "/3DSWebService/YKBPaymentService")],
        marks_mail_order: true,
        ..plain("posnet", "pos-posnet", "yapikredi")
    }
}

fn posnet_v1() -> Family {
    Family {
        config: json!({ "merchant-id": "6702640212", "terminal-id": "67C16990", "posnet-id": "1010062861356072" }),
        secrets: json!({ "enc-key": "10,10,10,10,10,10,10,10" }),
        endpoints: &[
            ("api", "/ALBMerchantService/MerchantJSONAPI.svc"),
            ("gate", "/ALBSecurePaymentUI/SecureProcess/SecureVerification.aspx"),
        ],
        marks_mail_order: true,
        ..plain("posnet_v1", "pos-posnet-v1", "albaraka")
    }
}

fn tosla() -> Family {
    Family {
        config: json!({ "client-id": "1000000494", "api-user": "POS_ENT_Test_001", "mail-order": "true" }),
        secrets: json!({ "api-password": "POS_ENT_Test_001!*!*" }),
        endpoints: &[("api", "/api/Payment"), ("gate", "/api/Payment")],
        ..plain("tosla", "pos-tosla", "tosla")
    }
}

/// Connector and bank, since some connectors speak to several.
impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.plugin, self.bank)
    }
}

impl Family {
    /// The connector's folder in the checkout.
    pub fn folder(&self) -> PathBuf {
        plugins().join(self.plugin)
    }

    /// What the connector promises.
    pub fn manifest(&self) -> Result<Value> {
        read(&self.folder().join("manifest.json"))
    }

    /// What the manifest promises at this bank.
    pub fn capabilities(&self) -> Result<BTreeSet<String>> {
        let manifest = self.manifest()?;
        let banks = manifest["banks"].as_array().context("no banks")?;
        let bank = banks.iter().find(|bank| bank["id"] == self.bank).with_context(|| format!("{self} is not there"))?;
        let lacks: BTreeSet<String> = serde_json::from_value(bank.get("lacks").cloned().unwrap_or_else(|| json!([])))?;
        Ok(self.words("capabilities")?.into_iter().filter(|capability| !lacks.contains(capability)).collect())
    }

    /// Whether the manifest promises it at this bank.
    pub fn has(&self, capability: &str) -> Result<bool> {
        Ok(self.capabilities()?.contains(capability))
    }

    /// A list of words in the manifest: `capabilities`, `models`, `currencies`.
    pub fn words(&self, list: &str) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.manifest()?[list].clone())?)
    }

    /// The models that the manifest promises, and before them none.
    pub fn models(&self) -> Result<Vec<String>> {
        Ok(std::iter::once("none".to_owned()).chain(self.words("models")?).collect())
    }

    /// What the connector does and refuses at this bank, as the kit's report has it, in the models it promises.
    pub fn cells(&self) -> Result<Vec<Cell>> {
        let report: BTreeMap<String, BTreeMap<String, String>> =
            serde_json::from_value(self.report()?["cells"].clone())?;
        let (models, reserves, lists_days) = (self.models()?, self.has("authorize")?, self.has("day-history")?);
        let mut cells = Vec::new();
        for (operation, done) in report {
            // The report is of the connector, of which this bank may lack something. Where nothing can be reserved
            // there is nothing to capture either.
            if !reserves && ["capture", "inquire capture"].contains(&operation.as_str()) {
                continue;
            }
            let lacking = (operation == "authorize" && !reserves) || (operation == "day history" && !lists_days);
            for (model, word) in done.into_iter().filter(|(model, _)| models.contains(model)) {
                let done = word == "yes" && !lacking;
                cells.push(Cell { operation: operation.clone(), model, done });
            }
        }
        Ok(cells)
    }

    /// Is this scenario of the kit approved, and not refused?
    pub fn plays(&self, scenario: &str) -> Result<bool> {
        let report = self.report()?;
        let word = report["scenarios"][scenario].as_str();
        Ok(word.with_context(|| format!("{self}: the kit has no scenario {scenario:?}"))? == "approved")
    }

    fn report(&self) -> Result<Value> {
        read(&self.folder().join("conformance.json"))
    }

    /// Brings the connector in and makes it the one that serves.
    pub async fn bring(&self, world: &World) -> Result<()> {
        let connector = Component::built(self.plugin)?;
        let brought = world.upload(&connector, None).await?.good()?;
        if brought.text("/state") != "active" {
            let chosen = json!({ "digest": connector.digest(), "approve": true });
            world.plugin(self.plugin, "activate", &chosen).await?.good()?;
        }
        Ok(())
    }

    /// What asks for a POS account of this family.
    pub fn account(&self, world: &World, model: &str) -> Value {
        let at = |path: &str| format!("{}{path}", world.bank.url());
        let endpoints: serde_json::Map<String, Value> =
            self.endpoints.iter().map(|(name, path)| ((*name).to_owned(), json!(at(path)))).collect();
        json!({
            "name": format!("{self} {model}"), "plugin": self.plugin, "bank": self.bank, "environment": "test",
            "three_d_model": model, "config": self.config, "endpoints": endpoints, "secrets": self.secrets,
        })
    }

    /// Brings the connector in, adds a POS account of this family and returns its id.
    pub async fn pos_account(&self, world: &World, model: &str) -> Result<String> {
        self.bring(world).await?;
        self.account_added(world, model).await
    }

    /// Adds a POS account of this family, whose connector has been brought in.
    pub async fn account_added(&self, world: &World, model: &str) -> Result<String> {
        pos_account_add(&world.api, &self.account(world, model)).await.with_context(|| self.to_string())
    }

    /// Adds the account that is open to mail order; nothing where every account of the family is.
    pub async fn mail_order_account(&self, world: &World) -> Result<Option<String>> {
        let Some((config, secrets)) = &self.mail_order else { return Ok(None) };
        let mut body = self.account(world, "none");
        body["name"] = json!(format!("{self} mail order"));
        body["config"] = config.clone();
        body["secrets"] = secrets.clone();
        pos_account_add(&world.api, &body).await.with_context(|| self.to_string()).map(Some)
    }
}

/// Where the connectors' sources are.
pub fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn read(path: &Path) -> Result<Value> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
}
