//! Dividing an amount so that the parts sum to it exactly: largest remainder, larger parts first.

/// Divides into `parts` parts that differ by at most one minor unit, the larger ones first
/// (10,045.00 in three: 3,348.34 + 3,348.33 + 3,348.33). No parts for zero parts.
pub fn split_even(total: i64, parts: u16) -> Vec<i64> {
    split_by(total, &vec![1; usize::from(parts)])
}

/// Divides in proportion to the weights by largest remainder; of equal remainders the earlier part gets
/// the unit. A negative total is the mirror of the positive one. Where every weight is zero the first part
/// takes all of it, so that nothing is lost.
pub fn split_by(total: i64, weights: &[u64]) -> Vec<i64> {
    let Some(_) = weights.first() else { return Vec::new() };
    let whole: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let amount = u128::from(total.unsigned_abs());
    if whole == 0 {
        let mut parts = vec![0; weights.len()];
        parts[0] = total;
        return parts;
    }
    let mut parts: Vec<u128> = Vec::with_capacity(weights.len());
    let mut remainders: Vec<(u128, usize)> = Vec::with_capacity(weights.len());
    for (place, weight) in weights.iter().enumerate() {
        // u64 × u64 fits in u128: no intermediate can overflow.
        let product = amount * u128::from(*weight);
        parts.push(product / whole);
        remainders.push((product % whole, place));
    }
    let given: u128 = parts.iter().sum();
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = usize::try_from(amount - given).unwrap_or(0);
    for (_, place) in remainders.iter().take(missing) {
        parts[*place] += 1;
    }
    parts.into_iter().map(|part| signed(part, total < 0)).collect()
}

/// Back to a signed amount. A part is never larger than the total it came from, so it always fits.
fn signed(part: u128, negative: bool) -> i64 {
    let part = i128::try_from(part).unwrap_or(i128::MAX);
    let value = if negative { -part } else { part };
    i64::try_from(value).unwrap_or(if negative { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_worked_example() {
        assert_eq!(split_even(1_004_500, 3), [334_834, 334_833, 334_833]);
        assert_eq!(split_by(400_000, &[1_000_000, 25_000]), [390_244, 9_756]);
    }

    #[test]
    fn nothing_is_lost_at_the_edges() {
        assert_eq!(split_even(100, 0), Vec::<i64>::new());
        assert_eq!(split_by(100, &[0, 0]), [100, 0]);
        assert_eq!(split_by(i64::MIN, &[1]), [i64::MIN]);
        assert_eq!(split_by(i64::MAX, &[u64::MAX, u64::MAX]), [i64::MAX / 2 + 1, i64::MAX / 2]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn parts_sum_to_the_whole(total in any::<i64>(), weights in prop::collection::vec(any::<u64>(), 1..24)) {
            let parts = split_by(total, &weights);
            prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(total));
            prop_assert!(parts.iter().all(|part| part.signum() == 0 || part.signum() == total.signum()));
        }

        #[test]
        fn even_parts_differ_by_one_and_fall(total in 0..i64::MAX, parts in 1u16..60) {
            let parts = split_even(total, parts);
            prop_assert!(parts.windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert!(parts[0] - parts[parts.len() - 1] <= 1);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
        }

        #[test]
        fn a_weight_of_nothing_gets_nothing(total in any::<i64>(), weight in 1u64..) {
            prop_assert_eq!(split_by(total, &[0, weight, 0]), vec![0, total, 0]);
        }
    }
}
