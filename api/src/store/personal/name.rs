//! Whether the code of a case reads as a name. Names cannot be told from other words: beside digits no longer word passes that is not one of an office.

/// Consonants that may follow each other in a word.
const CONSONANTS_MAX: usize = 4;
/// The longest word that is a name, or two written as one.
const NAME_MAX: usize = 30;
/// From how many letters on a word is a name where nothing but words stands in a code.
const WORD_MIN: usize = 4;
/// The same where digits stand beside it: shorter ones are prefixes.
const WORD_BESIDE_DIGITS_MIN: usize = 5;
/// From how many letters and digits on a code may have been made by chance.
const RANDOM_MIN: usize = 16;
/// How many groups of digits a person does not write between letters, but chance does.
const RANDOM_GROUPS_MIN: usize = 3;

/// Given names that are common in Italy, of four letters or more: shorter ones are also the beginnings of codes.
const GIVEN_NAMES: &str = " adele agnese alberto alessandra alessandro alessia alessio alfredo alice amalia ambra andrea angela angelo anna \
    annalisa annamaria antonella antonia antonio armando arianna aurora barbara beatrice benedetta benito bianca bruno camilla carla carlo carmela \
    carmine carolina caterina cecilia chiara cinzia claudia claudio clara concetta corrado cosimo costantino cristian cristiana cristiano cristina \
    daniela daniele dario davide debora diana diego domenica domenico donatella donato edoardo elena eleonora elisa elisabetta emanuela emanuele emilia \
    emilio emma enrica enrico enzo erica ernesto ester eugenio fabio fabrizio fatima federica federico felice ferdinando filippo filomena fiorella \
    flavia flavio franca francesca francesco franco gabriella gabriele gaetano gennaro giacomo giada gianfranco gianluca gianni ginevra gino giorgia \
    giorgio giovanna giovanni giulia giuliana giuliano giulio giuseppa giuseppe giuseppina grazia graziella gregorio guido hassan ilaria immacolata \
    irene isabella ivan ivana jacopo laura leonardo letizia lidia liliana lina livia lorena lorenza lorenzo loredana luca lucia luciana luciano \
    lucrezia luigi luigia luisa maddalena manuela marcella marcello marco margherita maria mariarosa mariella marina mario marisa marta martina \
    massimiliano massimo matilde matteo maurizio mauro melissa michela michele milena mirella mohamed mohammed monica nadia natale natalia nicola nicolo \
    nicoletta noemi norma olga ornella orazio oscar ottavio paola paolo pasquale patrizia patrizio piera pierluigi piero pietro pina raffaele \
    raffaella renata renato riccardo rita roberta roberto rocco rodolfo romano rosa rosalia rosanna rosaria rosario rossana rossella sabrina salvatore \
    samuele sandra sandro sara sebastiano serena sergio silvana silvano silvia silvio simona simone singh sofia sonia stefania stefano susanna \
    tania teresa tiziana tiziano tommaso ugo umberto valentina valentino valeria valerio vanessa vera veronica vincenza vincenzo virginia vito \
    vittoria vittorio viviana walter ";

/// Words that offices number their cases with.
const OFFICE_WORDS: &str = " accesso adulto affido alloggio alunna alunno ambito anagrafica anonima anonimo anziana anziani anziano archivio assegno assistita \
    assistito attivazione bambina bambino beneficiaria beneficiario buono cartella caso cliente client codice comune contributo disabile disabili distretto domanda \
    domicilio educativa famiglia family fascicolo figlia figlio fondo generico household identificativo incarico individuo intervento invio istanza matricola \
    minore minori misura modulo nucleo numero ospite pasto paziente persona person pratica presa prestazione progetto protocollo record registro residente richiesta riferimento \
    scheda scuola segnalazione servizio sociale soggetto soggiorno sportello storico studente tessera titolo tutela tutelata tutelato utente utenza utenze \
    voucher ";

/// Whether it reads as a name: a given name stands in it, it has no digit and its words can be spoken, or beside its digits stands a word that is none of an
/// office; or as an address.
pub(in crate::store) fn is_name(code: &str) -> bool {
    let runs: Vec<&str> = code.split(|c: char| !c.is_alphabetic()).filter(|run| !run.is_empty()).collect();
    // Words are also told apart by their capitals: `MarioRossi`.
    let words: Vec<&str> = runs.iter().flat_map(|run| humps(run)).collect();
    if runs.iter().chain(&words).any(|word| is_given(word)) || is_street(&runs) {
        return true;
    }
    if is_random(code) {
        return false;
    }
    if code.chars().any(|c| c.is_ascii_digit()) {
        let is_long = |word: &str| word.chars().count() >= WORD_BESIDE_DIGITS_MIN;
        return words.iter().any(|word| is_long(word) && can_be_spoken(word) && !is_of_office(word));
    }
    let of_names = |c: char| c.is_alphabetic() || " .,'’-_".contains(c);
    let spoken = |word: &&&str| can_be_spoken(word);
    let mut long = runs.iter().chain(&words).filter(|word| word.chars().count() >= WORD_MIN);
    code.chars().all(of_names) && (runs.iter().filter(spoken).count() >= 2 || long.any(|word| can_be_spoken(word)))
}

fn is_given(word: &str) -> bool {
    let word = word.to_lowercase();
    word.len() >= WORD_MIN && GIVEN_NAMES.split(' ').any(|name| name == word)
}

fn is_of_office(word: &str) -> bool {
    let word = word.to_lowercase();
    OFFICE_WORDS.split(' ').any(|office| office == word)
}

/// Whether a street and its name stand in it: `Via Po 3`. The other kinds of streets are longer words.
fn is_street(runs: &[&str]) -> bool {
    runs.windows(2).any(|pair| pair[0].eq_ignore_ascii_case("via") && pair[1].chars().count() >= 2)
}

/// The parts of a word that begin with a capital.
fn humps(word: &str) -> Vec<&str> {
    let mut humps = Vec::new();
    let (mut from, mut before) = (0, None);
    for (at, letter) in word.char_indices() {
        if letter.is_uppercase() && before.is_some_and(char::is_lowercase) {
            humps.push(&word[from..at]);
            from = at;
        }
        before = Some(letter);
    }
    humps.push(&word[from..]);
    humps
}

/// Whether it was made by chance, as far as its signs show: capitals, small letters and digits take turns, or digits stand between its letters again and again.
fn is_random(code: &str) -> bool {
    let signs: Vec<char> = code.chars().filter(|c| !"-_".contains(*c)).collect();
    if signs.len() < RANDOM_MIN || !signs.iter().all(char::is_ascii_alphanumeric) {
        return false;
    }
    let kind = |c: &char| (c.is_ascii_digit(), c.is_ascii_uppercase());
    let turns = signs.windows(2).filter(|pair| kind(&pair[0]) != kind(&pair[1])).count();
    if signs.iter().any(char::is_ascii_uppercase) && signs.iter().any(char::is_ascii_lowercase) {
        // Of signs drawn by chance three in five differ from the one before; of words and a year hardly one in three.
        return turns * 5 >= (signs.len() - 1) * 2;
    }
    let groups = signs.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
    signs.len() == code.chars().count() && groups.filter(|group| group[0].is_ascii_digit()).count() >= RANDOM_GROUPS_MIN
}

/// Whether letters are written as those of a word, and have vowels where a word has them.
fn can_be_spoken(word: &str) -> bool {
    let is_vowel = |c: char| !c.is_ascii() || "aeiouyAEIOUY".contains(c);
    let mut rest = word.chars();
    let first = rest.next().is_some_and(char::is_uppercase);
    let rest: Vec<char> = rest.collect();
    let written = rest.iter().all(|c| c.is_lowercase()) || first && rest.iter().all(|c| c.is_uppercase());
    let length = rest.len() + 1;
    let consonants = word.split(is_vowel).map(|run| run.chars().count()).max().unwrap_or(0);
    written
        && (2..=NAME_MAX).contains(&length)
        && word.chars().any(is_vowel)
        && (1..=CONSONANTS_MAX).contains(&consonants)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_in_every_spelling_are_names() {
        let names = [
            "MarioRossi",
            "GiuseppeVerdi",
            "LuciaBianchi",
            "VerdiLucia",
            "AnnaVerdi",
            "RossiMario",
            "BianchiRossi",
            "EspositoAntonio",
            "EspositoAntonio75",
            "deLucaPaolo",
            "GiovanniB",
            "ROSSIMARIO80",
            "ROSSIMARIO1980",
            "ESPOSITOGIUSEPPE80",
            "rossimario80",
            "Rossi_M_1980",
            "M. Rossi 12",
            "Rossi1",
            "RossiM80",
            "C-Bianchi-17",
            "utente Rossi 3",
            "CASO-FERRARI-1",
            "Via Roma 12",
            "via Po 3",
            "Piazza Duomo 1",
            "Niccolò17",
            "Ghedi-Ferrari-0042",
        ];
        for name in names {
            assert!(is_name(name), "{name}");
        }
    }

    #[test]
    fn what_offices_number_their_cases_with_is_none() {
        let codes = [
            "UTENTE 17",
            "Utente17",
            "utente_17",
            "CASO-3",
            "caso3",
            "MINORE-2021-4",
            "Nucleo 12",
            "PRATICA 2021/33",
            "Fascicolo-0042",
            "TUTELA/2023/0042",
            "ADM-0042",
            "SAD-LENO-0042",
            "FNA-B1-0042",
            "DEMO-0103-01",
            "Cartella sociale 12",
            "codiceUtente42",
            "VIA-3",
            "X1",
            "KXQZ",
            "FAM12MIN3",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "V1StGXR8_Z5jdHi6B-myT",
            "kQzXwVbNmT",
        ];
        for code in codes {
            assert!(!is_name(code), "{code}");
        }
    }

    /// Of codes as generators make them hardly one in fifty looks like a word.
    #[test]
    fn hardly_a_random_code_is_one() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |among: &[u8]| {
            // xorshift64, written out: no generator of ours is needed for this.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(among[usize::try_from(state >> 33).unwrap_or(0) % among.len()])
        };
        let crockford = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let url = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (what, signs, length) in [("ULID", &crockford[..], 26), ("nano id", &url[..], 21)] {
            let codes = (0..10_000).map(|_| (0..length).map(|_| next(signs)).collect::<String>());
            let taken = codes.filter(|code| is_name(code)).count();
            assert!(taken <= 100, "{taken} of 10,000 {what}");
        }
    }
}
