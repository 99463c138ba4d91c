//! Firm → dealer → sub-dealer: what a node may do is the strictest of what its path allows.

use std::collections::BTreeMap;

use super::id::NodeId;

/// What one node allows itself and everybody below it. Nothing stated means nothing added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeLimit {
    /// Which node.
    pub node: NodeId,
    /// Its name, for the explanation.
    pub name: String,
    /// Most instalments.
    pub instalments_max: Option<u16>,
    /// Most instalments for the cards of a programme.
    pub programme_instalments_max: BTreeMap<String, u16>,
    /// Smallest payment.
    pub amount_min: Option<i64>,
    /// Largest payment.
    pub amount_max: Option<i64>,
}

/// A limit and the node it comes from ("max 6 because Ankara Bayi ≤ 6").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound<T> {
    /// How much.
    pub value: T,
    /// Whose limit it is.
    pub node: NodeId,
    /// Its name.
    pub name: String,
}

/// What holds for a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectiveLimit {
    /// Most instalments.
    pub instalments_max: Option<Bound<u16>>,
    /// Most instalments for the cards of a programme.
    pub programme_instalments_max: BTreeMap<String, Bound<u16>>,
    /// Smallest payment.
    pub amount_min: Option<Bound<i64>>,
    /// Largest payment.
    pub amount_max: Option<Bound<i64>>,
}

impl EffectiveLimit {
    /// The strictest along a path. Of equal limits the one nearest the root is named, for nobody below could
    /// raise it.
    pub fn along(path_from_root: &[NodeLimit]) -> Self {
        let mut limit = Self::default();
        for node in path_from_root {
            tighten(&mut limit.instalments_max, node.instalments_max, node, |new, old| new < old);
            for (programme, max) in &node.programme_instalments_max {
                let mut bound = limit.programme_instalments_max.remove(programme);
                tighten(&mut bound, Some(*max), node, |new, old| new < old);
                limit.programme_instalments_max.extend(bound.map(|bound| (programme.clone(), bound)));
            }
            tighten(&mut limit.amount_min, node.amount_min, node, |new, old| new > old);
            tighten(&mut limit.amount_max, node.amount_max, node, |new, old| new < old);
        }
        limit
    }

    /// Most instalments for a card: the stricter of what holds for every card and for its programme.
    pub fn instalments_for(&self, programme: Option<&str>) -> Option<&Bound<u16>> {
        let of_programme = programme.and_then(|programme| self.programme_instalments_max.get(programme));
        self.instalments_max.iter().chain(of_programme).min_by_key(|bound| bound.value)
    }

    /// Whether an amount is within the limits.
    pub fn allows_amount(&self, minor: i64) -> bool {
        self.amount_min.as_ref().is_none_or(|bound| minor >= bound.value)
            && self.amount_max.as_ref().is_none_or(|bound| minor <= bound.value)
    }
}

fn tighten<T: Copy>(bound: &mut Option<Bound<T>>, value: Option<T>, node: &NodeLimit, stricter: fn(T, T) -> bool) {
    let Some(value) = value else { return };
    if bound.as_ref().is_none_or(|old| stricter(value, old.value)) {
        *bound = Some(Bound { value, node: node.node, name: node.name.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node(name: &str, instalments_max: Option<u16>, amount_max: Option<i64>) -> NodeLimit {
        let programme_instalments_max = BTreeMap::new();
        let name = name.to_owned();
        NodeLimit {
            node: NodeId::at(1),
            name,
            instalments_max,
            programme_instalments_max,
            amount_min: None,
            amount_max,
        }
    }

    #[test]
    fn the_strictest_is_named() {
        let path =
            [node("firm", Some(12), None), node("Ankara", Some(6), Some(50)), node("Çankaya", Some(9), Some(70))];
        let limit = EffectiveLimit::along(&path);
        let instalments = limit.instalments_max.clone().expect("stated");
        assert_eq!((instalments.value, instalments.name.as_str()), (6, "Ankara"));
        assert!(limit.allows_amount(50) && !limit.allows_amount(51));
        assert_eq!(EffectiveLimit::along(&[]), EffectiveLimit::default());
    }

    #[test]
    fn a_programme_has_a_limit_of_its_own_and_the_stricter_one_counts() {
        let bonus = |max: u16| BTreeMap::from([("Bonus".to_owned(), max)]);
        let firm = NodeLimit { programme_instalments_max: bonus(4), ..node("firm", Some(6), None) };
        let ankara = NodeLimit { programme_instalments_max: bonus(9), ..node("Ankara", None, None) };
        let limit = EffectiveLimit::along(&[firm, ankara]);
        let most = |programme| limit.instalments_for(programme).map(|bound| (bound.value, bound.name.as_str()));
        assert_eq!(most(Some("Bonus")), Some((4, "firm")), "nobody below raises it");
        assert_eq!(most(Some("World")), Some((6, "firm")));
        assert_eq!(most(None), Some((6, "firm")));
        let lax = NodeLimit { programme_instalments_max: bonus(9), ..node("firm", Some(6), None) };
        assert_eq!(EffectiveLimit::along(&[lax]).instalments_for(Some("Bonus")).map(|bound| bound.value), Some(6));
    }

    proptest! {
        #[test]
        fn no_node_raises_its_ancestors_limit(limits in prop::collection::vec(prop::option::of(1_u16..24), 1..8)) {
            let path: Vec<_> = limits.iter().map(|max| node("n", *max, None)).collect();
            for depth in 1..path.len() {
                let upper = EffectiveLimit::along(&path[..depth]).instalments_max.map_or(u16::MAX, |bound| bound.value);
                let lower = EffectiveLimit::along(&path[..=depth]).instalments_max.map_or(u16::MAX, |bound| bound.value);
                prop_assert!(lower <= upper);
            }
        }
    }
}
