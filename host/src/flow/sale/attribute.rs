//! What a connector is told of a payment beside its terms: the attributes of `vezne:pos`, by the names of the SDK's list.
//!
//! Recurring orders have names there too; nothing here knows of any, so none is told.

use crate::domain::id::{NodeId, TenantId};
use crate::domain::node::NodeSettings;
use crate::flow::error::{FlowError, FlowResult};
use crate::store::Tx;
use crate::store::node::{Node, node_fetch};
use crate::store::pos_account::PosAccount;

/// What card points shall pay of the charge, as the SDK's list names it.
const POINTS_MINOR: &str = "points-minor";

/// The attributes of a payment that `node` collects through an account, as a JSON list of pairs. `points_minor` is what
/// points of the card shall pay of it; that the connector takes such a wish is for the caller to have seen (`Wish`).
pub async fn attributes_of(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    account: &PosAccount,
    points_minor: i64,
) -> FlowResult<String> {
    let mut pairs = Vec::new();
    if account.names_sub_dealers() && node != account.node_id {
        let row = node_fetch(tx, tenant, node, node).await?;
        let row = row.ok_or_else(|| FlowError::Internal(format!("{node} is gone")))?;
        pairs = sub_dealer(&row.node)?;
    }
    if points_minor > 0 {
        pairs.push((POINTS_MINOR, points_minor.to_string()));
    }
    serde_json::to_string(&pairs).map_err(|error| FlowError::Internal(error.to_string()))
}

/// Who a sub-dealer is to the bank. One without an identity is refused here: the bank would book its sale to the main
/// dealer without a word.
fn sub_dealer(node: &Node) -> FlowResult<Vec<(&'static str, String)>> {
    let identity = node.tax_no.as_deref().map(str::trim).filter(|identity| !identity.is_empty());
    let unnamed = || FlowError::conflict("sub_dealer_unnamed", format!("{} has no tax or identity number", node.name));
    let mut pairs = vec![("sub-dealer-identity", identity.ok_or_else(unnamed)?.to_owned())];
    let code = NodeSettings::read(&node.settings).sub_dealer_code;
    pairs.extend(code.map(|code| ("sub-dealer-code", code)));
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::node::NodeKind;

    fn dealer(tax_no: Option<&str>, settings: &str) -> Node {
        Node {
            tenant_id: TenantId::at(1),
            node_id: NodeId::at(1),
            parent_id: None,
            kind: NodeKind::Dealer,
            name: "Çankaya Alt Bayi".to_owned(),
            code: "CAN".to_owned(),
            tax_no: tax_no.map(str::to_owned),
            email: None,
            phone: None,
            settings: settings.to_owned(),
            created_at_ms: 1,
        }
    }

    #[test]
    fn a_sub_dealer_is_named_by_its_number_or_not_at_all() {
        let named = sub_dealer(&dealer(Some("1234567890"), "{}")).unwrap();
        assert_eq!(named, [("sub-dealer-identity", "1234567890".to_owned())]);
        let coded = sub_dealer(&dealer(Some("12345678901"), r#"{"sub_dealer_code": 7}"#)).unwrap();
        assert_eq!(coded[1], ("sub-dealer-code", "7".to_owned()));
        for nobody in [None, Some(" ")] {
            let refused = sub_dealer(&dealer(nobody, r#"{"sub_dealer_code": 7}"#));
            assert!(matches!(refused, Err(FlowError::Conflict { code: "sub_dealer_unnamed", .. })), "{refused:?}");
        }
    }
}
