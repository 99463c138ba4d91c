//! The bank families that the sandbox plays, each as a POS account of the story's firm.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::component::Component;
use crate::seed::pos_account_add;
use crate::world::World;

/// A family with the sandbox's published test store.
#[derive(Debug)]
pub struct Family {
    pub plugin: &'static str,
    pub bank: &'static str,
    /// 3-D models in which our own page takes the card.
    pub models: &'static [&'static str],
    config: Value,
    secrets: Value,
    /// Endpoint and its path at the sandbox.
    endpoints: &'static [(&'static str, &'static str)],
}

/// Every family besides NestPay, which has stories of its own.
pub fn families() -> Vec<Family> {
    vec![
        akbank(),
        ccpayment(),
        garanti(),
        interpos(),
        katilim(),
        kuveyt(),
        msu(),
        param(),
        payflex(),
        payfor(),
        posnet(),
        posnet_v1(),
        tosla(),
    ]
}

fn akbank() -> Family {
    Family {
        plugin: "pos-akbank",
        bank: "akbank",
        models: &["3d", "3d-pay"],
        config: json!({
            "merchant-safe-id": "2023090417500272654BD9A49CF07574", "terminal-safe-id": "2023090417500284633D137A249DBBEB",
        }),
        secrets: json!({
            "secret-key": "3230323330393034313735303032363031353172675f357637355f3273387373745f7233725f73323333383737335f323272383774767276327672323531355f",
        }),
        endpoints: &[("api", "/api/v1/payment/virtualpos"), ("gate", "")],
    }
}

fn ccpayment() -> Family {
    Family {
        plugin: "pos-ccpayment",
        bank: "sipay",
        models: &["3d", "3d-pay"],
        config: json!({
            "app-id": "6d4a7e9374a76c15260fcc75e315b0b9",
            "merchant-key": "$2y$10$HmRgYosneqcwHj.UH7upGuyCZqpQ1ITgSMj9Vvxn.t6f.Vdf2SQFO",
        }),
        secrets: json!({ "app-secret": "b46a67571aa1e7ef5641dc3fa6f1712a" }),
        endpoints: &[("api", "/ccpayment"), ("gate", "/ccpayment")],
    }
}

fn garanti() -> Family {
    let password = "123qweASD/";
    Family {
        plugin: "pos-garanti",
        bank: "garanti",
        models: &["3d", "3d-pay"],
        config: json!({ "merchant-id": "7000679", "terminal-id": "30691298" }),
        secrets: json!({
            "api-password": password, "refund-password": password, "hosted-password": password, "store-key": "12345678",
        }),
        endpoints: &[("api", "/VPServlet"), ("gate", "/servlet/gt3dengine")],
    }
}

fn interpos() -> Family {
    Family {
        plugin: "pos-interpos",
        bank: "denizbank",
        models: &["3d", "3d-pay"],
        config: json!({ "shop-code": "3123", "user-code": "InterTestApi" }),
        secrets: json!({ "api-password": "3", "store-key": "gDg1N" }),
        endpoints: &[("api", "/mpi/Default.aspx"), ("gate", "/mpi/Default.aspx"), ("hosted-page", "/mpi/3DHost.aspx")],
    }
}

fn katilim() -> Family {
    Family {
        plugin: "pos-boa",
        bank: "vakifkatilim",
        models: &["3d"],
        config: json!({ "merchant-id": "7001", "customer-id": "11111", "user-name": "APIUSER" }),
        secrets: json!({ "api-password": "kdsnsksl" }),
        endpoints: &[("home", "/VirtualPOS.Gateway/Home")],
    }
}

fn kuveyt() -> Family {
    Family {
        plugin: "pos-boa",
        bank: "kuveytturk",
        models: &["3d"],
        config: json!({ "merchant-id": "496", "customer-id": "400235", "user-name": "apitest" }),
        secrets: json!({ "api-password": "api123" }),
        endpoints: &[
            ("home", "/boa.virtualpos.services/Home"),
            ("service", "/BOA.Integration.WCFService/BOA.Integration.VirtualPos/VirtualPosService.svc"),
        ],
    }
}

fn msu() -> Family {
    Family {
        plugin: "pos-msu",
        bank: "paratika",
        models: &["3d-pay"],
        config: json!({ "merchant": "10000001", "merchant-user": "api.demo@example.com" }),
        secrets: json!({ "merchant-password": "Parola&12=ş", "secret-key": "QOClasdJUuDDWasdasdasd" }),
        endpoints: &[("api", "/msu/api/v2"), ("gate", "/msu/api/v2")],
    }
}

fn param() -> Family {
    Family {
        plugin: "pos-param",
        bank: "param",
        models: &["3d", "3d-pay"],
        config: json!({ "client-code": "10738", "user-name": "Test" }),
        secrets: json!({ "api-password": "Test", "guid": "0c13d406-873b-403b-9c09-a5766840d98c" }),
        endpoints: &[
            ("api", "/turkpos.ws/service_turkpos_prod.asmx"),
            ("gate", ""),
            ("hosted-api", "/to.ws/Service_Odeme.asmx"),
            ("hosted-page", "/default.aspx"),
        ],
    }
}

fn payflex() -> Family {
    Family {
        plugin: "pos-payflex",
        bank: "vakifbank",
        models: &["3d", "3d-pay"],
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
    }
}

fn payfor() -> Family {
    Family {
        plugin: "pos-payfor",
        bank: "qnb",
        models: &["3d", "3d-pay"],
        config: json!({ "merchant-id": "085300000009704", "user-code": "QNB_API_KULLANICI_3DPAY" }),
        secrets: json!({ "api-password": "UcBN0", "store-key": "12345678" }),
        endpoints: &[
            ("api", "/Gateway/XMLGate.aspx"),
            ("gate", "/Gateway/Default.aspx"),
            ("hosted", "/Gateway/3DHost.aspx"),
        ],
    }
}

fn posnet() -> Family {
    Family {
        plugin: "pos-posnet",
        bank: "yapikredi",
        models: &["3d"],
        config: json!({ "merchant-id": "6706598320", "terminal-id": "67005551", "posnet-id": "27426" }),
        secrets: json!({ "enc-key": "10,10,10,10,10,10,10,10" }),
        endpoints: &[("api", "/PosnetWebService/XML"), ("gate", "/3DSWebService/YKBPaymentService")],
    }
}

fn posnet_v1() -> Family {
    Family {
        plugin: "pos-posnet-v1",
        bank: "albaraka",
        models: &["3d"],
        config: json!({ "merchant-id": "6702640212", "terminal-id": "67C16990", "posnet-id": "1010062861356072" }),
        secrets: json!({ "enc-key": "10,10,10,10,10,10,10,10" }),
        endpoints: &[
            ("api", "/ALBMerchantService/MerchantJSONAPI.svc"),
            ("gate", "/ALBSecurePaymentUI/SecureProcess/SecureVerification.aspx"),
        ],
    }
}

fn tosla() -> Family {
    Family {
        plugin: "pos-tosla",
        bank: "tosla",
        models: &["3d-pay"],
        config: json!({ "client-id": "1000000494", "api-user": "POS_ENT_Test_001" }),
        secrets: json!({ "api-password": "POS_ENT_Test_001!*!*" }),
        endpoints: &[("api", "/api/Payment"), ("gate", "/api/Payment")],
    }
}

/// Connector and bank, since some connectors speak to several.
impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.plugin, self.bank)
    }
}

impl Family {
    /// Adds a POS account of this family and returns its id.
    pub async fn pos_account(&self, world: &World, model: &str) -> Result<String> {
        let connector = Component::built(self.plugin)?;
        let brought = world.upload(&connector, None).await?.good()?;
        if brought.text("/state") != "active" {
            let chosen = json!({ "digest": connector.digest(), "approve": true });
            world.plugin(self.plugin, "activate", &chosen).await?.good()?;
        }
        let at = |path: &str| format!("{}{path}", world.bank.url());
        let endpoints: serde_json::Map<String, Value> =
            self.endpoints.iter().map(|(name, path)| ((*name).to_owned(), json!(at(path)))).collect();
        let body = json!({
            "name": format!("{self} {model}"), "plugin": self.plugin, "bank": self.bank, "environment": "test",
            "three_d_model": model, "config": self.config, "endpoints": endpoints, "secrets": self.secrets,
        });
        pos_account_add(&world.api, &body).await.with_context(|| self.to_string())
    }
}
