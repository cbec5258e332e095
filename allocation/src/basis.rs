//! Who takes part, and the value of each measure for each of them.
//!
//! Kept by column, aligned with the sorted comuni, so that a rule reads one vector and nothing else.

use std::collections::BTreeMap;

use crate::code::{IstatCode, MeasureCode};
use crate::error::Error;
use crate::micros::Micros;

/// The comuni that take part and their measures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis {
    comuni: Vec<IstatCode>,
    columns: BTreeMap<MeasureCode, Vec<Option<Micros>>>,
}

impl Basis {
    /// A basis of these comuni, in any order, without any value yet; a comune given twice is refused.
    pub fn new(mut comuni: Vec<IstatCode>) -> Result<Self, Error> {
        comuni.sort_unstable();
        if let Some(pair) = comuni.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::DuplicateComune { comune: pair[0] });
        }
        Ok(Self { comuni, columns: BTreeMap::new() })
    }

    /// Sets the value of a measure for a comune that takes part.
    pub fn set(&mut self, measure: &MeasureCode, comune: IstatCode, value: Micros) -> Result<(), Error> {
        let position = self.position(comune).ok_or(Error::UnknownComune { comune })?;
        self.put_at(measure, position, value);
        Ok(())
    }

    /// Sets the values of a measure for all comuni at once, in the order of [`Self::comuni`]; `None` leaves what is there.
    pub fn set_column(&mut self, measure: &MeasureCode, values: impl IntoIterator<Item = Option<Micros>>) {
        for (position, value) in values.into_iter().enumerate() {
            if let Some(value) = value {
                self.put_at(measure, position, value);
            }
        }
    }

    /// Sets a value where there is one and the comune takes part, and otherwise does nothing.
    pub(crate) fn put(&mut self, measure: &MeasureCode, comune: IstatCode, value: Option<Micros>) {
        if let (Some(position), Some(value)) = (self.position(comune), value) {
            self.put_at(measure, position, value);
        }
    }

    /// Sets a value by position, making the column where it is new.
    fn put_at(&mut self, measure: &MeasureCode, position: usize, value: Micros) {
        if !self.columns.contains_key(measure) {
            let empty = vec![None; self.comuni.len()];
            self.columns.insert(measure.clone(), empty);
        }
        let column = self.columns.get_mut(measure);
        if let Some(cell) = column.and_then(|column| column.get_mut(position)) {
            *cell = Some(value);
        }
    }

    /// The same comuni without any value.
    pub(crate) fn without_values(&self) -> Self {
        Self { comuni: self.comuni.clone(), columns: BTreeMap::new() }
    }

    /// The value of a measure for a comune, if there is one.
    pub fn get(&self, measure: &MeasureCode, comune: IstatCode) -> Option<Micros> {
        let position = self.position(comune)?;
        *self.columns.get(measure)?.get(position)?
    }

    /// The comuni that take part, in order of their codes.
    pub fn comuni(&self) -> &[IstatCode] {
        &self.comuni
    }

    /// Whether a comune takes part.
    pub fn contains(&self, comune: IstatCode) -> bool {
        self.position(comune).is_some()
    }

    /// The measures that have a value for somebody, in order of their codes.
    pub fn measures(&self) -> impl Iterator<Item = &MeasureCode> {
        self.columns.keys()
    }

    /// The values of a measure, aligned with [`Self::comuni`]; `None` when nobody has one.
    pub fn column(&self, measure: &MeasureCode) -> Option<&[Option<Micros>]> {
        self.columns.get(measure).map(Vec::as_slice)
    }

    /// Where a comune stands among the sorted ones.
    pub(crate) fn position(&self, comune: IstatCode) -> Option<usize> {
        self.comuni.binary_search(&comune).ok()
    }
}
