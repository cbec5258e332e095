//! Which version of an agreement is in effect on a day, as SQL says it: the latest that holds from a day not after it.

/// A condition on `v`, a row of `agreement_version`; `day` is the parameter that holds the day.
pub(super) fn version_on(day: &str) -> String {
    format!(
        "v.effective_from <= {day} AND NOT EXISTS (SELECT 1 FROM agreement_version newer \
           WHERE newer.agreement_id = v.agreement_id AND newer.number > v.number AND newer.effective_from <= {day})"
    )
}
