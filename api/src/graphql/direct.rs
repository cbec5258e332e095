//! Lists that are written at once. The library resolves every field of every entry by itself and builds a tree of what it finds, which takes
//! ten times as long as the finding. Where nothing but plain fields of the book is asked for, the entries are written as JSON straight away.
//!
//! It is a shorter way to the same answer: whatever it does not know (an argument, a directive, a field that not everybody sees, a row that
//! is not there) goes the library's way, and so does a document that asks for one name twice.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_list;
use async_graphql::{Context, ContextSelectionSet, OutputType, Positioned, SelectionField, ServerResult, Value};

use super::json::Json;
use super::sight::{Sight, sight_of};
use crate::error::Result;

/// Bytes by which other rows may be longer than the first, comma included.
const ROW_MORE: usize = 8;

/// Writes one field of a row.
pub(super) type Write<T> =
    Box<dyn for<'a> Fn(<T as Direct>::Row<'a>, &'a Sight, &mut Json) -> Result<()> + Send + Sync>;

/// Something whose plain fields can be written at once.
pub(super) trait Direct: Clone + 'static {
    /// Its name in the schema.
    const NAME: &'static str;

    /// Where its fields are read from.
    type Row<'a>: Copy;

    /// That of this one.
    fn row(&self) -> Self::Row<'_>;

    /// How a field is written that is not one of the language's own; none where only the library can.
    fn field(selected: &Selected<'_, Self>) -> Option<Write<Self>>;
}

/// Says of a type that no field of it is written at once: the library does it.
macro_rules! by_library {
    ($ty:ident) => {
        impl $crate::graphql::direct::Direct for $ty {
            const NAME: &'static str = stringify!($ty);

            type Row<'a> = &'a Self;

            fn row(&self) -> &Self {
                self
            }

            fn field(_: &$crate::graphql::direct::Selected<'_, Self>) -> Option<$crate::graphql::direct::Write<Self>> {
                None
            }
        }
    };
}
pub(super) use by_library;

/// What is asked for of every row: the names and how what stands under each is written.
pub(super) struct Shape<T: Direct>(Vec<(Box<[u8]>, Write<T>)>);

impl<T: Direct> Shape<T> {
    /// What is selected under a field; none where only the library can tell.
    fn under(field: &SelectionField<'_>) -> Option<Self> {
        let mut names = Vec::new();
        let mut members = Vec::new();
        for selected in field.selection_set() {
            let name = selected.alias().unwrap_or_else(|| selected.name());
            let is_plain = selected.arguments().ok()?.is_empty() && selected.directives().ok()?.is_empty();
            if !is_plain || names.contains(&name) {
                return None;
            }
            names.push(name);
            let selected = Selected(selected, PhantomData);
            let write = match selected.name() {
                "__typename" => selected.leaf(|_, _, json| json.text(T::NAME)),
                _ => T::field(&selected),
            };
            members.push((format!("\"{name}\":").into_bytes().into(), write?));
        }
        Some(Self(members))
    }

    fn write<'a>(&self, row: T::Row<'a>, sight: &'a Sight, json: &mut Json) -> Result<()> {
        json.raw(b"{");
        for (position, (name, write)) in self.0.iter().enumerate() {
            json.comma(position);
            json.raw(name);
            write(row, sight, json)?;
        }
        json.raw(b"}");
        Ok(())
    }

    fn write_all<'a>(
        &self,
        mut rows: impl ExactSizeIterator<Item = T::Row<'a>>,
        sight: &'a Sight,
        json: &mut Json,
    ) -> Result<()> {
        json.raw(b"[");
        if let Some(first) = rows.next() {
            let begin = json.written();
            self.write(first, sight, json)?;
            // The others are about as long, so that what was written is moved once and not each time the room doubles.
            json.reserve((json.written() - begin + ROW_MORE) * rows.len());
        }
        for row in rows {
            json.raw(b",");
            self.write(row, sight, json)?;
        }
        json.raw(b"]");
        Ok(())
    }
}

/// A field of a `T` that is asked for.
pub(super) struct Selected<'s, T>(SelectionField<'s>, PhantomData<fn() -> T>);

impl<T: Direct> Selected<'_, T> {
    /// Its name in the schema.
    pub(super) fn name(&self) -> &str {
        self.0.name()
    }

    /// A field without fields of its own.
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)] // So that it stands beside the others where a field is looked up.
    pub(super) fn leaf(&self, write: for<'a> fn(T::Row<'a>, &'a Sight, &mut Json) -> Result<()>) -> Option<Write<T>> {
        Some(Box::new(write))
    }

    /// A field that is an object.
    pub(super) fn object<U: Direct>(
        &self,
        find: for<'a> fn(T::Row<'a>, &'a Sight) -> Result<U::Row<'a>>,
    ) -> Option<Write<T>> {
        let shape = Shape::<U>::under(&self.0)?;
        Some(Box::new(move |row, sight, json| shape.write(find(row, sight)?, sight, json)))
    }

    /// A field that is an object or null.
    pub(super) fn object_or_null<U: Direct>(
        &self,
        find: for<'a> fn(T::Row<'a>, &'a Sight) -> Option<U::Row<'a>>,
    ) -> Option<Write<T>> {
        let shape = Shape::<U>::under(&self.0)?;
        Some(Box::new(move |row, sight, json| {
            json.option(find(row, sight), |json, found| shape.write(found, sight, json))
        }))
    }

    /// A field that is a list of objects, given by their number and each by its place.
    pub(super) fn list<U: Direct>(
        &self,
        len: for<'a> fn(T::Row<'a>, &'a Sight) -> usize,
        at: for<'a> fn(T::Row<'a>, &'a Sight, usize) -> U::Row<'a>,
    ) -> Option<Write<T>> {
        let shape = Shape::<U>::under(&self.0)?;
        Some(Box::new(move |row, sight, json| {
            shape.write_all((0..len(row, sight)).map(|place| at(row, sight, place)), sight, json)
        }))
    }
}

/// The entries of a list, and what is asked for of each where they can be written at once.
pub(super) struct Rows<'e, T: Direct> {
    entries: Cow<'e, [T]>,
    shape: Option<Shape<T>>,
}

impl<'e, T: Direct> Rows<'e, T> {
    /// The answer to the field that is being resolved.
    pub(super) fn new(ctx: &Context<'_>, entries: impl Into<Cow<'e, [T]>>) -> Self {
        let may = sight_of(ctx).is_some_and(Sight::may_write_at_once);
        Self { entries: entries.into(), shape: may.then(|| Shape::under(&ctx.field())).flatten() }
    }

    fn written(&self, sight: &Sight) -> Option<Vec<u8>> {
        let mut json = Json::default();
        let rows = self.entries.iter().map(T::row);
        // What fails here fails again on the library's way, which tells it with its place.
        self.shape.as_ref()?.write_all(rows, sight, &mut json).ok()?;
        Some(json.into_bytes())
    }
}

impl<T: Direct + OutputType> OutputType for Rows<'_, T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        if let Some(written) = sight_of(ctx).and_then(|sight| self.written(sight)) {
            return Ok(Value::Binary(written.into()));
        }
        resolve_list(ctx, field, &*self.entries, Some(self.entries.len())).await
    }
}
