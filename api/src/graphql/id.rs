//! Opaque identifiers: what they hold is nobody's business but this file's.

use async_graphql::ID;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What an identifier stands for. Numbers are row ids, but where another thing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// An Ambito.
    Ambito(i64),
    /// A comune.
    Comune(i64),
    /// A membership.
    Membership(i64),
    /// A service.
    Service(i64),
    /// A fund.
    Fund(i64),
    /// A partner.
    Partner(i64),
    /// A programme.
    Programme(i64),
    /// A measure.
    Measure(i64),
    /// A plan.
    Plan(i64),
    /// A resolution.
    Resolution(i64),
    /// The budget of a service in a plan.
    Budget(i64, i64),
    /// The quota of a comune for a service in a plan.
    Quota(i64, i64, i64),
    /// A charge.
    Charge(i64),
    /// A payment.
    Payment(i64),
    /// A report of expenses.
    ExpenseReport(i64),
    /// An expense.
    Expense(i64),
    /// An indicator.
    Indicator(i64),
    /// A reading of an indicator.
    Reading(i64),
    /// A project.
    Project(i64),
    /// An expense of a project.
    ProjectExpense(i64),
    /// A work plan.
    WorkPlan(i64),
    /// A governing body.
    Body(i64),
    /// A field of monitoring reports.
    MonitoringField(i64),
    /// A monitoring report.
    MonitoringReport(i64),
    /// An agreement.
    Agreement(i64),
    /// A line of a version of an agreement.
    AgreementLine(i64),
    /// A measure of benefits.
    BenefitMeasure(i64),
    /// An application for a benefit, by its reference.
    BenefitApplication(i64),
    /// A benefit granted, by its reference.
    BenefitGrant(i64),
}

impl Key {
    /// The identifier that clients see.
    pub(super) fn id(self) -> ID {
        let text = match self {
            Self::Ambito(id) => format!("Ambito:{id}"),
            Self::Comune(id) => format!("Comune:{id}"),
            Self::Membership(id) => format!("Membership:{id}"),
            Self::Service(id) => format!("Service:{id}"),
            Self::Fund(id) => format!("Fund:{id}"),
            Self::Partner(id) => format!("Partner:{id}"),
            Self::Programme(id) => format!("Programme:{id}"),
            Self::Measure(id) => format!("Measure:{id}"),
            Self::Plan(id) => format!("Plan:{id}"),
            Self::Resolution(id) => format!("Resolution:{id}"),
            Self::Budget(plan, service) => format!("Budget:{plan}:{service}"),
            Self::Quota(plan, service, comune) => format!("Quota:{plan}:{service}:{comune}"),
            Self::Charge(id) => format!("Charge:{id}"),
            Self::Payment(id) => format!("Payment:{id}"),
            Self::ExpenseReport(id) => format!("ExpenseReport:{id}"),
            Self::Expense(id) => format!("Expense:{id}"),
            Self::Indicator(id) => format!("Indicator:{id}"),
            Self::Reading(id) => format!("IndicatorReading:{id}"),
            Self::Project(id) => format!("Project:{id}"),
            Self::ProjectExpense(id) => format!("ProjectExpense:{id}"),
            Self::WorkPlan(id) => format!("WorkPlan:{id}"),
            Self::Body(id) => format!("GoverningBody:{id}"),
            Self::MonitoringField(id) => format!("MonitoringField:{id}"),
            Self::MonitoringReport(id) => format!("MonitoringReport:{id}"),
            Self::Agreement(id) => format!("Agreement:{id}"),
            Self::AgreementLine(id) => format!("AgreementLine:{id}"),
            Self::BenefitMeasure(id) => format!("BenefitMeasure:{id}"),
            Self::BenefitApplication(id) => format!("BenefitApplication:{id}"),
            Self::BenefitGrant(id) => format!("BenefitGrant:{id}"),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }

    /// What an identifier stands for; none where it is not one of ours.
    pub(super) fn read(id: &ID) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&id.0).ok()?).ok()?;
        let mut parts = text.split(':');
        let kind = parts.next()?;
        let numbers = parts.map(|part| part.parse().ok()).collect::<Option<Vec<i64>>>()?;
        let key = match (kind, &numbers[..]) {
            ("Ambito", [id]) => Self::Ambito(*id),
            ("Comune", [id]) => Self::Comune(*id),
            ("Membership", [id]) => Self::Membership(*id),
            ("Service", [id]) => Self::Service(*id),
            ("Fund", [id]) => Self::Fund(*id),
            ("Partner", [id]) => Self::Partner(*id),
            ("Programme", [id]) => Self::Programme(*id),
            ("Measure", [id]) => Self::Measure(*id),
            ("Plan", [id]) => Self::Plan(*id),
            ("Resolution", [id]) => Self::Resolution(*id),
            ("Budget", [plan, service]) => Self::Budget(*plan, *service),
            ("Quota", [plan, service, comune]) => Self::Quota(*plan, *service, *comune),
            ("Charge", [id]) => Self::Charge(*id),
            ("Payment", [id]) => Self::Payment(*id),
            ("ExpenseReport", [id]) => Self::ExpenseReport(*id),
            ("Expense", [id]) => Self::Expense(*id),
            ("Indicator", [id]) => Self::Indicator(*id),
            ("IndicatorReading", [id]) => Self::Reading(*id),
            ("Project", [id]) => Self::Project(*id),
            ("ProjectExpense", [id]) => Self::ProjectExpense(*id),
            ("WorkPlan", [id]) => Self::WorkPlan(*id),
            ("GoverningBody", [id]) => Self::Body(*id),
            ("MonitoringField", [id]) => Self::MonitoringField(*id),
            ("MonitoringReport", [id]) => Self::MonitoringReport(*id),
            ("Agreement", [id]) => Self::Agreement(*id),
            ("AgreementLine", [id]) => Self::AgreementLine(*id),
            ("BenefitMeasure", [id]) => Self::BenefitMeasure(*id),
            ("BenefitApplication", [id]) => Self::BenefitApplication(*id),
            ("BenefitGrant", [id]) => Self::BenefitGrant(*id),
            _ => return None,
        };
        // One spelling a thing: "Plan:+1" is not an identifier that we gave.
        (key.id() == *id).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_reads_back_and_nothing_else_does() {
        for key in [
            Key::Ambito(1),
            Key::Comune(20),
            Key::Membership(15),
            Key::Service(3),
            Key::Fund(4),
            Key::Partner(16),
            Key::Programme(13),
            Key::Measure(14),
            Key::Plan(5),
            Key::Resolution(11),
            Key::Budget(6, 7),
            Key::Quota(8, 9, 10),
            Key::Charge(11),
            Key::Payment(12),
            Key::ExpenseReport(17),
            Key::Expense(18),
            Key::Indicator(21),
            Key::Reading(22),
            Key::Project(23),
            Key::ProjectExpense(24),
            Key::WorkPlan(29),
            Key::Body(25),
            Key::MonitoringField(26),
            Key::MonitoringReport(27),
            Key::Agreement(17),
            Key::AgreementLine(18),
            Key::BenefitMeasure(19),
            Key::BenefitApplication(20),
            Key::BenefitGrant(21),
        ] {
            assert_eq!(Key::read(&key.id()), Some(key));
        }
        for text in ["", "x", "Plan:1", "UGxhbjo", "UGxhbjorMQ", "UGxhbjoxOjI"] {
            assert_eq!(Key::read(&ID(text.to_owned())), None, "{text}");
        }
    }
}
