//! A column of amounts as read from a file: one word each while all fit, as most do, which is half
//! the memory to fill and to gather from.

use rhodian_core::units::Amount;

/// Amounts in row order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountColumn {
    /// Every amount so far fits in one word.
    Narrow(Vec<u64>),
    /// One did not.
    Wide(Vec<Amount>),
}

impl Default for AmountColumn {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

/// An amount of one word, which is below the bound.
#[inline]
fn amount(atoms: u64) -> Amount {
    Amount::new(u128::from(atoms)).unwrap_or(Amount::MAX)
}

impl AmountColumn {
    /// An empty column with room for so many amounts.
    #[must_use]
    pub fn with_room(amounts: usize) -> Self {
        Self::Narrow(Vec::with_capacity(amounts))
    }

    /// Adds an amount.
    #[inline]
    pub fn push(&mut self, value: Amount) {
        match (&mut *self, u64::try_from(value.atoms())) {
            (Self::Narrow(column), Ok(atoms)) => column.push(atoms),
            _ => self.widened().push(value),
        }
    }

    /// The column with two words for each amount.
    #[cold]
    fn widened(&mut self) -> &mut Vec<Amount> {
        if let Self::Narrow(column) = self {
            *self = Self::Wide(column.iter().copied().map(amount).collect());
        }
        match self {
            Self::Wide(column) => column,
            Self::Narrow(_) => unreachable!("a narrow column was just made wide"),
        }
    }

    /// Adds the amounts of the rows that follow.
    pub fn append(&mut self, next: Self) {
        match (&mut *self, next) {
            (Self::Narrow(column), Self::Narrow(mut next)) => column.append(&mut next),
            (_, Self::Wide(mut next)) => self.widened().append(&mut next),
            (Self::Wide(column), Self::Narrow(next)) => {
                column.extend(next.into_iter().map(amount));
            }
        }
    }

    /// The amounts of the rows that `order` names, one after another; all as they stand where
    /// there is no order. An empty column stays empty.
    #[must_use]
    pub fn in_order(self, order: Option<&[u32]>) -> Vec<Amount> {
        match (self, order) {
            (Self::Narrow(column), None) => column.into_iter().map(amount).collect(),
            (Self::Wide(column), None) => column,
            (Self::Narrow(column), Some(order)) => gather(&column, order, amount),
            (Self::Wide(column), Some(order)) => gather(&column, order, |value| value),
        }
    }
}

fn gather<T: Copy>(column: &[T], order: &[u32], value: impl Fn(T) -> Amount) -> Vec<Amount> {
    if column.is_empty() {
        return Vec::new();
    }
    order.iter().map(|row| value(column[usize::try_from(*row).unwrap_or(0)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_every_amount_whatever_its_width() {
        let wide = 1u128 << 64;
        let worlds: [&[u128]; 5] =
            [&[], &[1, 2], &[1, wide, 3], &[wide, wide + 5], &[u128::from(u64::MAX), 0]];
        for first in worlds {
            for next in worlds {
                let column = |values: &[u128]| {
                    let mut column = AmountColumn::default();
                    values.iter().for_each(|v| column.push(Amount::new(*v).unwrap()));
                    column
                };
                let all: Vec<Amount> =
                    first.iter().chain(next).map(|v| Amount::new(*v).unwrap()).collect();
                let mut joined = column(first);
                joined.append(column(next));
                assert_eq!(joined.clone().in_order(None), all);
                let order: Vec<u32> = (0..u32::try_from(all.len()).unwrap()).rev().collect();
                let reversed: Vec<Amount> = all.iter().rev().copied().collect();
                assert_eq!(joined.in_order(Some(&order)), reversed);
            }
        }
    }
}
