//! The missions of the accounts of local authorities and their programmes: the closed list of D.Lgs. 118/2011, annex 14.
//!
//! A service of old may have a code that is none of them; it stays readable, without names.

/// A mission: its code, its name, and the names of its programmes, whose codes count from 01.
struct Mission {
    code: &'static str,
    name: &'static str,
    programmes: &'static [&'static str],
}

/// What a code means (missione, programma).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Name of the mission.
    pub mission: &'static str,
    /// Name of the programme.
    pub programme: &'static str,
}

/// What a code such as `12.03` means; none where the list does not have it.
pub fn meaning(code: &str) -> Option<Meaning> {
    let (mission, programme) = code.split_once('.')?;
    let mission = MISSIONS.iter().find(|one| one.code == mission)?;
    let is_number = programme.len() == 2 && programme.bytes().all(|digit| digit.is_ascii_digit());
    let at: usize = programme.parse().ok().filter(|_| is_number)?;
    let programme = mission.programmes.get(at.checked_sub(1)?)?;
    Some(Meaning { mission: mission.name, programme })
}

#[rustfmt::skip] // One mission a block.
const MISSIONS: &[Mission] = &[
    Mission { code: "01", name: "Servizi istituzionali, generali e di gestione", programmes: &[
        "Organi istituzionali", "Segreteria generale", "Gestione economica, finanziaria, programmazione e provveditorato",
        "Gestione delle entrate tributarie e servizi fiscali", "Gestione dei beni demaniali e patrimoniali", "Ufficio tecnico",
        "Elezioni e consultazioni popolari - Anagrafe e stato civile", "Statistica e sistemi informativi",
        "Assistenza tecnico-amministrativa agli enti locali", "Risorse umane", "Altri servizi generali",
        "Politica regionale unitaria per i servizi istituzionali, generali e di gestione",
    ] },
    Mission { code: "02", name: "Giustizia", programmes: &[
        "Uffici giudiziari", "Casa circondariale e altri servizi", "Politica regionale unitaria per la giustizia",
    ] },
    Mission { code: "03", name: "Ordine pubblico e sicurezza", programmes: &[
        "Polizia locale e amministrativa", "Sistema integrato di sicurezza urbana",
        "Politica regionale unitaria per la sicurezza e l'ordine pubblico",
    ] },
    Mission { code: "04", name: "Istruzione e diritto allo studio", programmes: &[
        "Istruzione prescolastica", "Altri ordini di istruzione non universitaria", "Edilizia scolastica", "Istruzione universitaria",
        "Istruzione tecnica superiore", "Servizi ausiliari all'istruzione", "Diritto allo studio",
        "Politica regionale unitaria per l'istruzione e il diritto allo studio",
    ] },
    Mission { code: "05", name: "Tutela e valorizzazione dei beni e attività culturali", programmes: &[
        "Valorizzazione dei beni di interesse storico", "Attività culturali e interventi diversi nel settore culturale",
        "Politica regionale unitaria per la tutela dei beni e attività culturali",
    ] },
    Mission { code: "06", name: "Politiche giovanili, sport e tempo libero", programmes: &[
        "Sport e tempo libero", "Giovani", "Politica regionale unitaria per i giovani, lo sport e il tempo libero",
    ] },
    Mission { code: "07", name: "Turismo", programmes: &[
        "Sviluppo e valorizzazione del turismo", "Politica regionale unitaria per il turismo",
    ] },
    Mission { code: "08", name: "Assetto del territorio ed edilizia abitativa", programmes: &[
        "Urbanistica e assetto del territorio", "Edilizia residenziale pubblica e locale e piani di edilizia economico-popolare",
        "Politica regionale unitaria per l'assetto del territorio e l'edilizia abitativa",
    ] },
    Mission { code: "09", name: "Sviluppo sostenibile e tutela del territorio e dell'ambiente", programmes: &[
        "Difesa del suolo", "Tutela, valorizzazione e recupero ambientale", "Rifiuti", "Servizio idrico integrato",
        "Aree protette, parchi naturali, protezione naturalistica e forestazione", "Tutela e valorizzazione delle risorse idriche",
        "Sviluppo sostenibile territorio montano piccoli Comuni", "Qualità dell'aria e riduzione dell'inquinamento",
        "Politica regionale unitaria per lo sviluppo sostenibile e la tutela del territorio e dell'ambiente",
    ] },
    Mission { code: "10", name: "Trasporti e diritto alla mobilità", programmes: &[
        "Trasporto ferroviario", "Trasporto pubblico locale", "Trasporto per vie d'acqua", "Altre modalità di trasporto",
        "Viabilità e infrastrutture stradali", "Politica regionale unitaria per i trasporti e il diritto alla mobilità",
    ] },
    Mission { code: "11", name: "Soccorso civile", programmes: &[
        "Sistema di protezione civile", "Interventi a seguito di calamità naturali",
        "Politica regionale unitaria per il soccorso e la protezione civile",
    ] },
    Mission { code: "12", name: "Diritti sociali, politiche sociali e famiglia", programmes: &[
        "Interventi per l'infanzia e i minori e per asili nido", "Interventi per la disabilità", "Interventi per gli anziani",
        "Interventi per soggetti a rischio di esclusione sociale", "Interventi per le famiglie", "Interventi per il diritto alla casa",
        "Programmazione e governo della rete dei servizi sociosanitari e sociali", "Cooperazione e associazionismo",
        "Servizio necroscopico e cimiteriale", "Politica regionale unitaria per i diritti sociali e la famiglia",
        "Interventi per asili nido",
    ] },
    Mission { code: "13", name: "Tutela della salute", programmes: &[
        "Servizio sanitario regionale - finanziamento ordinario corrente per la garanzia dei LEA",
        "Servizio sanitario regionale - finanziamento aggiuntivo corrente per livelli di assistenza superiori ai LEA",
        "Servizio sanitario regionale - finanziamento aggiuntivo corrente per la copertura dello squilibrio di bilancio corrente",
        "Servizio sanitario regionale - ripiano di disavanzi sanitari relativi ad esercizi pregressi",
        "Servizio sanitario regionale - investimenti sanitari", "Servizio sanitario regionale - restituzione maggiori gettiti SSN",
        "Ulteriori spese in materia sanitaria", "Politica regionale unitaria per la tutela della salute",
    ] },
    Mission { code: "14", name: "Sviluppo economico e competitività", programmes: &[
        "Industria, PMI e Artigianato", "Commercio - reti distributive - tutela dei consumatori", "Ricerca e innovazione",
        "Reti e altri servizi di pubblica utilità", "Politica regionale unitaria per lo sviluppo economico e la competitività",
    ] },
    Mission { code: "15", name: "Politiche per il lavoro e la formazione professionale", programmes: &[
        "Servizi per lo sviluppo del mercato del lavoro", "Formazione professionale", "Sostegno all'occupazione",
        "Politica regionale unitaria per il lavoro e la formazione professionale",
    ] },
    Mission { code: "16", name: "Agricoltura, politiche agroalimentari e pesca", programmes: &[
        "Sviluppo del settore agricolo e del sistema agroalimentare", "Caccia e pesca",
        "Politica regionale unitaria per l'agricoltura, i sistemi agroalimentari, la caccia e la pesca",
    ] },
    Mission { code: "17", name: "Energia e diversificazione delle fonti energetiche", programmes: &[
        "Fonti energetiche", "Politica regionale unitaria per l'energia e la diversificazione delle fonti energetiche",
    ] },
    Mission { code: "18", name: "Relazioni con le altre autonomie territoriali e locali", programmes: &[
        "Relazioni finanziarie con le altre autonomie territoriali",
        "Politica regionale unitaria per le relazioni con le altre autonomie territoriali e locali",
    ] },
    Mission { code: "19", name: "Relazioni internazionali", programmes: &[
        "Relazioni internazionali e Cooperazione allo sviluppo", "Cooperazione territoriale",
    ] },
    Mission { code: "20", name: "Fondi e accantonamenti", programmes: &[
        "Fondo di riserva", "Fondo crediti di dubbia esigibilità", "Altri fondi",
    ] },
    Mission { code: "50", name: "Debito pubblico", programmes: &[
        "Quota interessi ammortamento mutui e prestiti obbligazionari", "Quota capitale ammortamento mutui e prestiti obbligazionari",
    ] },
    Mission { code: "60", name: "Anticipazioni finanziarie", programmes: &["Restituzione anticipazione di tesoreria"] },
    Mission { code: "99", name: "Servizi per conto terzi", programmes: &[
        "Servizi per conto terzi e Partite di giro", "Anticipazioni per il finanziamento del sistema sanitario nazionale",
    ] },
];

#[cfg(test)]
mod tests {
    use super::{MISSIONS, meaning};

    #[test]
    fn codes_have_the_names_of_the_list() {
        for (code, expected) in [
            ("12.01", Some("Interventi per l'infanzia e i minori e per asili nido")),
            ("12.07", Some("Programmazione e governo della rete dei servizi sociosanitari e sociali")),
            ("12.10", Some("Politica regionale unitaria per i diritti sociali e la famiglia")),
            ("01.11", Some("Altri servizi generali")),
            ("60.01", Some("Restituzione anticipazione di tesoreria")),
            ("99.02", Some("Anticipazioni per il finanziamento del sistema sanitario nazionale")),
            ("12.00", None),
            ("12.12", None),
            ("21.01", None),
            ("60.02", None),
            ("12.1", None),
            ("12.+1", None),
            ("12.001", None),
            ("1.01", None),
            ("", None),
        ] {
            assert_eq!(meaning(code).map(|found| found.programme), expected, "{code}");
        }
        assert_eq!(meaning("12.03").map(|found| found.mission), Some("Diritti sociali, politiche sociali e famiglia"));
    }

    #[test]
    fn the_list_has_23_missions_in_order() {
        let codes: Vec<&str> = MISSIONS.iter().map(|mission| mission.code).collect();
        assert_eq!((codes.len(), codes.is_sorted()), (23, true));
    }
}
