//! Every limit of the server, its unit in its name.
//!
//! How each is set is in `config/settings.rs`. Nothing here is enforced; the place that enforces a limit names it.

/// Characters of a payment's reference; the table of payments has the same bound.
pub const PAYMENT_REFERENCE_CHARACTERS_MAX: usize = 200;
/// Cents of a payment: a trillion euro, so that the sums of an account fit.
pub const PAYMENT_CENTS_MAX: i64 = 100_000_000_000_000;

/// Ambiti that a server can hold: three times as many as there are.
pub const AMBITI_MAX: usize = 2_000;
/// Comuni that a server can hold: more than twice as many as there are.
pub const COMUNI_MAX: usize = 20_000;
/// Memberships that an Ambito can have, those that have ended among them.
pub const MEMBERSHIPS_AN_AMBITO_MAX: usize = 1_000;
/// Services that an Ambito can have; more are refused by the act that adds them. The lists below are the same.
pub const SERVICES_AN_AMBITO_MAX: usize = 200;
/// Funds that an Ambito can have.
pub const FUNDS_AN_AMBITO_MAX: usize = 200;
/// Measures of its own that an Ambito can have.
pub const MEASURES_AN_AMBITO_MAX: usize = 200;
/// Programmes that an Ambito can have.
pub const PROGRAMMES_AN_AMBITO_MAX: usize = 100;
/// Partners that an Ambito can have.
pub const PARTNERS_AN_AMBITO_MAX: usize = 1_000;
/// Reports of expenses that a partner can make under one agreement: four a month for twenty years.
pub const EXPENSE_REPORTS_A_PARTNER_MAX: i32 = 1_000;
/// Expenses that a report can have.
pub const EXPENSES_A_REPORT_MAX: usize = 500;
/// Cents of an expense: a billion euro, so that the sums of all reports fit.
pub const EXPENSE_CENTS_MAX: i64 = 100_000_000_000;
/// Characters of the reference of a document, and of the transfer that pays a report; the tables have the same bound.
pub const EXPENSE_REFERENCE_CHARACTERS_MAX: usize = 200;
/// Characters of the kind of cost that an expense is.
pub const EXPENSE_CATEGORY_CHARACTERS_MAX: usize = 100;
/// Agreements that an Ambito can have.
pub const AGREEMENTS_AN_AMBITO_MAX: usize = 5_000;
/// Versions that an agreement can have.
pub const VERSIONS_AN_AGREEMENT_MAX: usize = 100;
/// Areas that a version of an agreement can have; its partners and the services that it is tied to are as many at most.
pub const AGREEMENT_AREAS_MAX: usize = 100;
/// Lines that a version of an agreement can have.
pub const AGREEMENT_LINES_MAX: usize = 1_000;
/// Parts that all its lines can have.
pub const AGREEMENT_LINE_PARTS_MAX: usize = 2_000;
/// Contributions of partners that it can have.
pub const AGREEMENT_CONTRIBUTIONS_MAX: usize = 1_000;
/// Items that all its contributions can have.
pub const AGREEMENT_CONTRIBUTION_ITEMS_MAX: usize = 2_000;
/// Instalments that it can have.
pub const AGREEMENT_INSTALMENTS_MAX: usize = 500;
/// Milestones that it can have.
pub const AGREEMENT_MILESTONES_MAX: usize = 1_000;
/// Days that come again that it can have.
pub const AGREEMENT_RECURRENCES_MAX: usize = 50;
/// Programmes that it can have; its value can be stated for as many years.
pub const AGREEMENT_PROGRAMMES_MAX: usize = 100;
/// Years of which all its programmes together state what they are worth.
pub const AGREEMENT_PROGRAMME_YEARS_MAX: usize = 1_000;
/// Rows of agreements that one answer reads; whoever needs more asks for fewer agreements, versions or lists.
pub const AGREEMENT_ROWS_AN_ANSWER_MAX: usize = 50_000;
/// Cents of an amount of an agreement: a trillion euro, so that the sums of its lines fit.
pub const AGREEMENT_CENTS_MAX: i64 = 100_000_000_000_000;
/// Acts of its bodies that an Ambito can have: a hundred a year for fifty years.
pub const RESOLUTIONS_AN_AMBITO_MAX: usize = 5_000;
/// Measurements that a comune can have, of all measures, services and days.
pub const MEASUREMENTS_A_COMUNE_MAX: usize = 20_000;
/// Entries of each list that describes a service: targets, tasks, indicators, funds.
pub const SERVICE_LIST_ENTRIES_MAX: usize = 100;
/// Projects that a service can have.
pub const PROJECTS_A_SERVICE_MAX: usize = 100;
/// Steps of the timeline of a project.
pub const PROJECT_MILESTONES_MAX: usize = 100;
/// Millionths that the reading of an indicator, or a number in a monitoring report, is at most away from zero: a trillion.
pub const READING_MICROS_MAX: i64 = 1_000_000_000_000_000_000;
/// Fields of the monitoring reports that an Ambito can have, those that are retired among them.
pub const MONITORING_FIELDS_AN_AMBITO_MAX: usize = 100;
/// Characters of an answer in a monitoring report.
pub const MONITORING_ANSWER_CHARACTERS_MAX: usize = 4_000;
/// Months back from a day within which it is told which monitoring reports were due.
pub const MONITORING_MONTHS_MAX: i32 = 120;
/// Days of grace that can be asked for before a monitoring report is due.
pub const MONITORING_GRACE_DAYS_MAX: i32 = 366;
/// Governing bodies that an Ambito can have, those that have ended among them.
pub const BODIES_AN_AMBITO_MAX: usize = 200;
/// Work plans that a programme can have.
pub const WORK_PLANS_A_PROGRAMME_MAX: usize = 100;
/// Milestones of a version of a work plan.
pub const WORK_PLAN_MILESTONES_MAX: usize = 100;
/// Versions of a work plan, and reports of one of its milestones.
pub const WORK_PLAN_VERSIONS_MAX: usize = 50;
/// Years of a span of which a body's meetings are counted.
pub const ATTENDANCE_YEARS_MAX: u32 = 10;
/// Rows of an answer of `socialSpending`.
pub const SPENDING_ROWS_MAX: usize = 5_000;
/// Members of a governing body, each an organisation in a role.
pub const BODY_MEMBERS_MAX: usize = 100;
/// Values that one act can measure: one for each comune of a very large Ambito.
pub const MEASURED_VALUES_AN_ACT_MAX: usize = 600;

/// Days that come again, of one kind, that one answer lists; whoever needs more asks for a shorter time.
pub const AGREEMENT_DAYS_AN_ANSWER_MAX: usize = 1_000;
/// Measures of benefits that a service can have.
pub const BENEFIT_MEASURES_A_SERVICE_MAX: usize = 200;
/// Criteria that a measure of benefits can publish.
pub const BENEFIT_CRITERIA_A_MEASURE_MAX: usize = 50;
/// Applications that can be recorded for a measure of benefits.
pub const BENEFIT_APPLICATIONS_A_MEASURE_MAX: u64 = 20_000;
/// Benefits that can be granted under a measure.
pub const BENEFIT_GRANTS_A_MEASURE_MAX: u64 = 20_000;
/// Entries of a grant's history after which it is suspended no more.
pub const BENEFIT_TURNS_A_GRANT_MAX: usize = 100;
/// Cents of a measure's budget and of what is granted under it: a trillion euro, so that sums fit.
pub const BENEFIT_CENTS_MAX: i64 = 100_000_000_000_000;
/// Characters of who may have a benefit, in words.
pub const BENEFIT_CRITERIA_CHARACTERS_MAX: usize = 4_000;
/// Years that the period of a measure of benefits can have.
pub const BENEFIT_YEARS_A_MEASURE_MAX: u32 = 10;
/// Entries of each list that a filter of `benefits` names.
pub const BENEFIT_FILTER_ENTRIES_MAX: usize = 100;
/// Grants that are added up before the time is looked at again.
pub const BENEFIT_GRANTS_A_LOOK: usize = 1_024;
/// Rows of an answer of `benefits`.
pub const BENEFIT_ROWS_MAX: usize = 5_000;

/// The bounds within which a request must stay. `Default` is what the design promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute that one client may send; 0 is no limit.
    pub rate_per_minute: u32,
    /// Requests a minute that one network address may send to `/oauth/token`; 0 is no limit. Each costs a password hash.
    pub token_rate_per_minute: u32,
    /// Clients or addresses that a rate limiter tells apart; when there are more, they share one allowance.
    pub rate_keys_max: usize,
    /// Bytes of a request's body.
    pub body_bytes_max: usize,
    /// Seconds until the body must be there.
    pub body_seconds_max: u64,
    /// Seconds until a request's line and headers must be there.
    pub head_seconds_max: u64,
    /// Seconds that an idle connection is kept.
    pub idle_seconds_max: u64,
    /// Connections open at once, each worker.
    pub connections_max: usize,
    /// Seconds that execution may take.
    pub execution_seconds_max: u64,
    /// Seconds that a readiness check may take.
    pub ready_seconds_max: u64,
    /// Seconds that a stopping server waits for requests under way.
    pub shutdown_seconds_max: u64,
    /// Bytes of a token.
    pub token_bytes_max: usize,
    /// How deep `{`, `(` and `[` may nest in a document, and `{` and `[` in its variables.
    pub nesting_max: usize,
    /// Tokens of a document.
    pub tokens_max: usize,
    /// Values in the JSON of a request, lists and objects included; most of them are its variables'.
    pub variable_values_max: usize,
    /// Directives of a document.
    pub directives_max: usize,
    /// Selections of a document, its fragments expanded.
    pub selections_max: usize,
    /// Aliases of a document, its fragments expanded.
    pub aliases_max: usize,
    /// Fields above one another in a document, its fragments expanded.
    pub depth_max: usize,
    /// Cost of an operation, as `guard::cost` counts it.
    pub cost_max: u64,
    /// Bytes of all answers that are kept; 0 keeps none.
    pub kept_answer_bytes_max: usize,
    /// Bytes of all documents that are kept, parsed; 0 keeps none.
    pub kept_document_bytes_max: usize,
    /// Entries of a page where `first` and `last` are left out.
    pub page_default: usize,
    /// Entries of a page.
    pub page_max: usize,
    /// Ids that `nodes` takes.
    pub ids_max: usize,
    /// Alternatives that `simulations` compares.
    pub alternatives_max: usize,
    /// Names of operations that the metrics tell apart.
    pub metric_operations_max: usize,
    /// Bytes of a file of activity; it is read as it comes, and never held whole.
    pub import_body_bytes_max: usize,
    /// Seconds until such a file must be there.
    pub import_body_seconds_max: u64,
    /// Values of such a file. Those of a file are held in memory until it is written.
    pub import_rows_max: usize,
    /// Problems of such a file that are told; the others are counted.
    pub import_problems_max: usize,
    /// Rows of activity that an export reads and sends at once; it holds no others.
    pub export_page_rows: usize,
    /// Seconds after which an export of activity that is still being sent is cut.
    pub export_seconds_max: u64,
    /// People below which a count of them is withheld; never below 3.
    pub small_cell_people_min: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate_per_minute: 600,
            token_rate_per_minute: 60,
            rate_keys_max: 20_000,
            body_bytes_max: 256 * 1024,
            body_seconds_max: 10,
            head_seconds_max: 5,
            idle_seconds_max: 75,
            connections_max: 5_000,
            execution_seconds_max: 5,
            ready_seconds_max: 2,
            shutdown_seconds_max: 10,
            token_bytes_max: 8 * 1024,
            nesting_max: 24,
            tokens_max: 2_000,
            variable_values_max: 20_000,
            directives_max: 20,
            selections_max: 500,
            aliases_max: 30,
            depth_max: 15,
            cost_max: 10_000,
            kept_answer_bytes_max: 16 * 1024 * 1024,
            kept_document_bytes_max: 8 * 1024 * 1024,
            page_default: 20,
            page_max: 100,
            ids_max: 100,
            alternatives_max: 10,
            metric_operations_max: 100,
            import_body_bytes_max: 192 * 1024 * 1024,
            import_body_seconds_max: 300,
            import_rows_max: 1_500_000,
            import_problems_max: 100,
            export_page_rows: 2_000,
            export_seconds_max: 900,
            small_cell_people_min: 5,
        }
    }
}
