//! What passes and what does not.

use super::{refuse, refuse_reference};

/// Texts that a note must not hold, and that the reference of a document must not.
const NEVER: [&str; 47] = [
    "busta paga di RSSMRA80A01B157X",
    "cedolino rssmra80a01b157x/2020",
    // Within a word, with letters, digits or lines about it.
    "CFRSSMRA80A01H501U",
    "cedolinoRSSMRA80A01H501Ufebbraio",
    "RSSMRA80A01H501U2023",
    "doc_RSSMRA80A01H501U_v2.pdf",
    "2023RSSMRA80A01H501U",
    // In pieces.
    "RSS MRA 80A01 H501U",
    "RSSMRA 80A01 H501U",
    "RSS-MRA-80A01-H501-U",
    "RSS.MRA.80A01.H501.U",
    "R S S M R A 8 0 A 0 1 H 5 0 1 U",
    "RSSMRA80A01\nH501U",
    "di RSS MRA 80 A 01 H 501 U, coniuge",
    "RSS MRA 80A01 H501X",
    // Signs that show nothing.
    "RSSMRA80\u{200b}A01H501U",
    "RSS\u{ad}MRA80A01H501U",
    "R\u{2060}S\u{2060}S\u{feff}MRA80A01H501U",
    "RSSMRA80A01\u{200d}H501U",
    "R\u{301}SSMRA80A01H501U",
    "RSSMRA80A01\u{e0020}H501U",
    "RSS\u{a0}MRA\u{202f}80A01\u{2003}H501U",
    // Other letters that look alike.
    "ＲＳＳＭＲＡ８０Ａ０１Ｈ５０１Ｕ",
    "ＲＳＳ ＭＲＡ ８０Ａ０１ Ｈ５０１Ｕ",
    "RSSМRА80А01Н501U",
    "𝐑𝐒𝐒𝐌𝐑𝐀𝟖𝟎𝐀𝟎𝟏𝐇𝟓𝟎𝟏𝐔",
    "ⓇⓈⓈⓂⓇⒶ80Ⓐ01Ⓗ501Ⓤ",
    "RSSMRA٨٠A٠١H٥٠١U",
    "RŠŠMRÁ80A01H501U",
    "RSSMRA8OAO1H5O1U",
    // Letters for digits, where two people would have the same: the last, some, and all.
    "RSSMRA80A01H50MX",
    "RSSMRA8LA01B157X",
    "RSSMRAULALMHRLMD",
    "RSS MRA ULALM HRLM D",
    "xRSSMRAULALMHRLMDx",
    // Without its end: name and date of birth are there.
    "RSSMRA80A01",
    "RSSMRA80A01B157",
    "RSS MRA 80A01",
    "RSSMRA80A41H501",
    "RSSMRA80A01B157XY",
    // Addresses.
    "scrivere a mario.rossi@example.it",
    "mario@posta.example.com.",
    "mario ＠ example.it",
    "mario.rossi (at) example.it",
    "mario.rossi [at] example . it",
    "mario chiocciola example.it",
    "m\u{200b}ario@exa\u{200b}mple.it",
];

/// Texts that a note must not hold; the reference of a document may be such a number.
const NO_NOTE: [&str; 30] = [
    "chiamare il 340 1234567",
    "3401234567",
    "340.123.4567",
    "340-1234567",
    "340/1234567",
    "347 12 34 567, dopo le 18",
    "347 123 45 67",
    "340\u{a0}1234567",
    "３４０１２３４５６７",
    "340\u{200b}1234567",
    "+39 340 1234567",
    "+393401234567",
    "0039 340 1234567",
    "+39 030 9876543",
    "+40 721 234 567",
    "tel. 030 9876543",
    "Tel: 0309876543",
    "cell 340 12 34 567",
    "cellulare: 3401234567 (madre)",
    "IT60X0542811101000000123456",
    "IBAN IT60 X054 2811 1010 0000 0123 456",
    "it60x0542811101000000123456",
    "su IT60-X-05428-11101-000000123456",
    // Mistyped, and glued.
    "IT61X0542811101000000123456",
    "IBANIT60X0542811101000000123456",
    "tel. n. 030 9876543",
    "n. 340 1234567",
    "+39 (340) 12 34 567",
    "RO49 AAAA 1B31 0075 9384 0000",
    "DE89 3704 0044 0532 0130 00",
];

/// Texts that pass as either.
const PASSES: [&str; 73] = [
    "",
    "Fattura 12/2015 del 31.01.2015",
    "Fatt. n. 12/A del 05/02/2023",
    "la fattura 12/A05 n. 123 B del fornitore",
    "FATTPA 2023/0012345",
    "FPR 12/23",
    "P.IVA 01234567890",
    "P. IVA 03401234567",
    "partita IVA IT01234567890",
    "VAT 34012345678",
    "codice univoco UFW3Q2",
    "CIG Z3A2B4C5D6",
    "CIG ZA51C30F2B",
    "CIG 3401234567",
    "CIG: 9876543210",
    "il CIG 8123456789 e il CUP E54H17000090001",
    "CUP J41H20000060005",
    "CUP: G81B21003400001",
    "DGR 5648/2016",
    "DGR n. XI/7751 del 28/12/2022",
    "L. 112/2016, DGR 6674/2017",
    "D.Lgs. 118/2011, art. 12",
    "determinazione n. 345 del 12.03.2021",
    "Det. 7/2023",
    "deliberazione dell'Assemblea dei Sindaci 14/2022 del 31/12/2022",
    "prot. n. 0012345/2023",
    "prot. 3401234567",
    "protocollo 2023/0003401234",
    "rep. 12/2023 raccolta 34",
    "mandato 3456789012 del 2023-05-05",
    "12/03/2021",
    "dal 31/12/2022 al 30/06/2023",
    "31 12 2022 30 06 2023",
    "2023-01-31",
    "32 ore a 21,50 = 688,00 euro",
    "1.807.969,00 euro (78%) e 389.185,00 euro (22%)",
    "euro 3.401.234.567,00",
    "345.678.901,00",
    "38,461.54 + 4% = 40,000.00",
    "ISEE sotto 15.000 euro; oltre 75 anni",
    "Residenti con ISEE sotto 15.000 euro.",
    "rinuncia",
    "controllo",
    "AMMINISTRATIVAMENTE PARLANDO, PRECIPITEVOLISSIMEVOLMENTE",
    "Riconoscimento del trattamento economico spettante agli operatori del settore",
    "RSSMRA",
    "RSSMRA80",
    "RSSMRA80Z01H501U",
    "RSSMRA80A99H501U",
    "sede di via Roma 12, 25025 Manerbio",
    "mappale 123 sub 4, foglio 12",
    "d41d8cd98f00b204e9800998ecf8427e",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "123e4567-e89b-12d3-a456-426614174000",
    "ISO 9001:2015; UNI EN 13816",
    "@ 21,50 euro l'ora",
    "tariffa: 21,50 @ ora",
    "fondo povertà quota servizi 2021 (QSFP)",
    "30 ore, 12 utenti, 3 operatori: 2 ASA e 1 OSS",
    "Fattura n. 3201234567 del 12/03/2023",
    "prot. n. 3401234567",
    "mandato n. 3401234567",
    "mandato numero 3401234567",
    "Impegno 3301234567",
    "capitolo 3301234567, bolla n. 3301234568, DDT 3301234569",
    "Decreto 347/1234567",
    "Prot. n. 347.1234567 del 3/2/2019",
    "40 ore @ 22.00 euro",
    "1234567",
    "12345678901",
    "0301234567",
    "matricola INPS 1512345678",
    "numero 12 del 3 4 2021",
];

/// The texts of which it does not hold.
fn failing<'t>(texts: &'t [&'t str], holds: impl Fn(&str) -> bool) -> Vec<&'t str> {
    texts.iter().filter(|text| !holds(text)).copied().collect()
}

#[test]
fn what_tells_of_people_is_found_and_papers_are_not() {
    let (noted, referred) =
        (|text: &str| refuse(text, "note").is_ok(), |text: &str| refuse_reference(text, "reference").is_ok());
    let nothing: [&str; 0] = [];
    assert_eq!(failing(&NEVER, |text| !noted(text)), nothing);
    assert_eq!(failing(&NEVER, |text| !referred(text)), nothing);
    assert_eq!(failing(&NO_NOTE, |text| !noted(text)), nothing);
    assert_eq!(failing(&NO_NOTE, referred), nothing);
    assert_eq!(failing(&PASSES, noted), nothing);
    assert_eq!(failing(&PASSES, referred), nothing);
}

/// The longest notes there are, of digits and blanks alone: they are read in one pass.
#[test]
fn long_texts_of_digits_are_read_at_once() {
    let begin = std::time::Instant::now();
    for part in ["1 ", "3 ", "+ ", "39", "0039 ", "n 3", "@a."] {
        let text = part.repeat(4_000 / part.len());
        let _ = refuse(&text, "note");
    }
    assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{:?}", begin.elapsed());
}

/// Words in all orders, as papers have them: none of these texts is taken for a person.
#[test]
fn prose_and_digests_pass() {
    const WORDS: &str = "il la di del per con fattura protocollo spese rimborso operatori servizio assistenza domiciliare minori ore comune \
        consorzio cooperativa sociale contributo quota anno gestione DGR CIG CUP n. euro totale progetto tutela utenti SRL ONLUS centro diurno";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(most).unwrap()).unwrap()
    };
    for _ in 0..500 {
        let word = |next: &mut dyn FnMut(usize) -> usize| match next(4) {
            0 => format!("{}/{}", next(400), 2000 + next(30)),
            1 => format!("{}.{:03},{:02}", next(300), next(1000), next(100)),
            _ => words[next(words.len())].to_owned(),
        };
        let text: Vec<String> = (0..30).map(|_| word(&mut next)).collect();
        assert!(refuse(&text.join(" "), "note").is_ok(), "{text:?}");
        let digest = format!("{:016x}{:016x}{:016x}", next(usize::MAX), next(usize::MAX), next(usize::MAX));
        assert!(refuse(&digest, "note").is_ok(), "{digest}");
    }
}
