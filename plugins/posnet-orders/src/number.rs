//! Order numbers: ours, as the bank pads them, and as the bank addresses a 3-D order.

use vezne_plugin::{Fault, step};

/// Length of an order number (and of the XID of a 3-D order) in a charge.
pub const ORDER_CHARS: usize = 20;
/// Length of the number by which an order is addressed afterwards.
pub const ADDRESS_CHARS: usize = 24;
/// In front of the XID where a 3-D order is addressed, since 27.08.2021; it was `TDSC` before.
pub const THREE_D_PREFIX: &str = "TDS_";

/// What the bank calls the order in a charge: zeros in front, 20 characters in all.
pub fn padded(order: &str) -> Result<String, Fault> {
    checked(order, ORDER_CHARS)?;
    Ok(format!("{order:0>ORDER_CHARS$}"))
}

/// What the bank calls the order afterwards: 24 characters, an order of the 3-D gate with its prefix.
pub fn address(order: &str, three_d: bool) -> Result<String, Fault> {
    let prefix = if three_d { THREE_D_PREFIX } else { "" };
    let width = ADDRESS_CHARS - prefix.len();
    checked(order, width)?;
    Ok(format!("{prefix}{order:0>width$}"))
}

/// Whether the bank speaks of our order, with or without its zeros and prefix.
pub fn is_ours(order: &str, theirs: &str) -> bool {
    let theirs = theirs.trim();
    let bare = theirs.strip_prefix(THREE_D_PREFIX).or_else(|| theirs.strip_prefix("TDSC")).unwrap_or(theirs);
    let zeros = |text: &str| text.trim_start_matches('0').to_owned();
    zeros(bare) == zeros(order) || zeros(theirs) == zeros(order)
}

/// The order number to state to the host: ours if the bank means it, otherwise the bank's word.
pub fn stated(order: &str, theirs: &str) -> String {
    if is_ours(order, theirs) { order.to_owned() } else { theirs.to_owned() }
}

/// Letters, digits and what the bank lets stand between them.
fn checked(order: &str, most: usize) -> Result<(), Fault> {
    step::order_number(order, most, "-_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_padded_and_addressed() {
        assert_eq!(padded("2020110828BC").expect("fits"), "000000002020110828BC");
        assert_eq!(address("2020110828BC", true).expect("fits"), "TDS_000000002020110828BC");
        assert_eq!(address("2020110828BC", false).expect("fits"), "0000000000002020110828BC");
        for bad in ["", "a b", "şiş", "A23456789012345678901"] {
            assert!(padded(bad).is_err(), "{bad}");
        }
        assert!(address("A23456789012345678901", true).is_err());
        assert!(address("A23456789012345678901", false).is_ok());
    }

    #[test]
    fn our_order_is_known_by_any_of_its_names() {
        for theirs in
            ["TDS_000000002020110828BC", "TDSC000000002020110828BC", "0000000000002020110828BC", "2020110828BC"]
        {
            assert!(is_ours("2020110828BC", theirs), "{theirs}");
            assert_eq!(stated("2020110828BC", theirs), "2020110828BC");
        }
        for theirs in ["", "TDS_", "TDS_000000002020110828BD", "YKB_000000002020110828BC"] {
            assert!(!is_ours("2020110828BC", theirs), "{theirs}");
            assert_eq!(stated("2020110828BC", theirs), theirs);
        }
    }
}
