//! Which version of an agreement is in effect on a day, as SQL says it: the one that holds from the latest day not after it. Numbers do not tell: an amendment may come after a renewal
//! for a coming period that was entered before it, and no two versions hold from the same day.

/// A condition on `v`, a row of `agreement_version`; `day` is the parameter that holds the day.
pub(super) fn version_on(day: &str) -> String {
    format!(
        "v.effective_from <= {day} AND NOT EXISTS (SELECT 1 FROM agreement_version newer \
           WHERE newer.agreement_id = v.agreement_id AND newer.effective_from > v.effective_from AND newer.effective_from <= {day})"
    )
}
