//! Components for stories about versions: a built one with another manifest is another version.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use vezne::security::publisher::{PluginSignature, Statement, public_key, sign};
use zeroize::Zeroizing;

use crate::host;
use crate::http::Call;
use crate::{Api, Reply, World};

/// The section that holds the manifest.
const SECTION: &str = "vezne:manifest";
/// The seed of the publisher that the stories' hosts believe.
const SEED: [u8; 32] = [42; 32];
/// That publisher's name.
pub const PUBLISHER: &str = "hikaye";

/// A version of a plugin.
#[derive(Debug, Clone)]
pub struct Component {
    pub wasm: Vec<u8>,
    pub manifest: Value,
}

impl Component {
    /// As it was built.
    pub fn built(name: &str) -> Result<Self> {
        let path = host::components()?.join(format!("{name}.wasm"));
        let wasm = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let manifest = sections(&wasm)?.into_iter().find_map(|section| section.named(SECTION));
        let manifest = serde_json::from_slice(manifest.context("no manifest")?)?;
        Ok(Self { wasm, manifest })
    }

    /// The same code under another manifest.
    pub fn changed(&self, change: impl FnOnce(&mut Value)) -> Result<Self> {
        let mut manifest = self.manifest.clone();
        change(&mut manifest);
        let json = serde_json::to_vec(&manifest)?;
        let mut wasm = self.wasm[..8].to_vec();
        for section in sections(&self.wasm)? {
            if section.named(SECTION).is_some() {
                let mut body = leb128(SECTION.len());
                body.extend(SECTION.as_bytes());
                body.extend(&json);
                wasm.push(0);
                wasm.extend(leb128(body.len()));
                wasm.extend(body);
            } else {
                wasm.extend(section.whole);
            }
        }
        Ok(Self { wasm, manifest })
    }

    /// The same code as another version.
    pub fn version(&self, version: &str) -> Result<Self> {
        self.changed(|manifest| manifest["version"] = version.into())
    }

    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(&self.wasm))
    }

    /// Signed by the publisher that the stories' hosts believe.
    pub fn signature(&self) -> PluginSignature {
        self.signature_by(SEED, PUBLISHER)
    }

    pub fn signature_by(&self, seed: [u8; 32], publisher: &str) -> PluginSignature {
        let digest = self.digest();
        let text = |key: &str| self.manifest[key].as_str().unwrap_or_default();
        let statement = Statement { digest: &digest, id: text("id"), version: text("version"), kind: text("kind") };
        sign(&Zeroizing::new(seed), publisher, "2026-11-22T10:00:00Z", &statement)
    }
}

/// The trust store of the stories' hosts.
pub fn trust_store() -> String {
    let key = public_key(&Zeroizing::new(SEED));
    format!(
        "[[publisher]]\nname = \"{PUBLISHER}\"\nkey = \"{key}\"\nprefixes = [\"pos-\"]\ntakes_card = true\n\
         \n[[publisher]]\nname = \"dar\"\nkey = \"{key}\"\nprefixes = [\"pos-\"]\n"
    )
}

impl World {
    /// Uploads a component and gives the answer, whatever it is.
    pub async fn upload(&self, component: &Component, signature: Option<&PluginSignature>) -> Result<Reply> {
        self.upload_to(&self.api, component, signature).await
    }

    /// The same at a certain node.
    pub async fn upload_to(
        &self,
        api: &Api,
        component: &Component,
        signature: Option<&PluginSignature>,
    ) -> Result<Reply> {
        let mut call =
            Call::new("POST", format!("{}/v1/plugins", api.base)).body("application/wasm", component.wasm.clone());
        if let Some(signature) = signature {
            call = call.header("plugin-signature", BASE64_STANDARD.encode(serde_json::to_vec(signature)?));
        }
        api.send(call).await
    }

    /// Uploads a version and expects it to be staged.
    pub async fn staged(&self, component: &Component) -> Result<String> {
        let reply = self.upload(component, None).await?.good()?;
        ensure!(reply.text("/state") == "staged", "{}", reply.answer.text());
        Ok(component.digest())
    }

    /// Moves the pointer of a plugin: `activate`, `canary`, `rollback`, `revoke`.
    pub async fn plugin(&self, id: &str, act: &str, body: &Value) -> Result<Reply> {
        self.api.post(&format!("/v1/plugins/{id}/{act}"), body).await
    }

    /// Where a version stands for the firm.
    pub async fn plugin_state(&self, id: &str, digest: &str) -> Result<String> {
        let list = self.api.get(&format!("/v1/plugins/{id}/versions")).await?.good()?;
        let wanted = format!("sha256:{digest}");
        let rows = list.json["data"].as_array().cloned().unwrap_or_default();
        let row = rows.iter().find(|row| row["digest"] == wanted.as_str()).context("no such version")?;
        Ok(row["state"].as_str().unwrap_or_default().to_owned())
    }
}

struct Section<'a> {
    whole: &'a [u8],
    id: u8,
    body: &'a [u8],
}

impl<'a> Section<'a> {
    /// What a custom section of this name holds.
    fn named(&self, name: &str) -> Option<&'a [u8]> {
        let (length, rest) = number(self.body)?;
        (self.id == 0 && rest.get(..length)? == name.as_bytes()).then(|| &rest[length..])
    }
}

fn sections(wasm: &[u8]) -> Result<Vec<Section<'_>>> {
    let mut rest = wasm.get(8..).context("no component")?;
    let mut sections = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = number(after).context("a damaged section")?;
        let body = after.get(..length).context("a damaged section")?;
        let next = &after[length..];
        sections.push(Section { whole: &rest[..rest.len() - next.len()], id, body });
        rest = next;
    }
    Ok(sections)
}

/// LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[place + 1..]));
        }
    }
    None
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
