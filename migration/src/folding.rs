//! The key of a document as version 15 of the database writes it. It is a copy on purpose: what a migration did stays what it did, however the program reads signs
//! later.

/// A reference as it is compared: its letters and digits only, in small letters, whatever width, accents or alphabet they are written in, and a dash between two
/// numbers, so that 1/12 is not 11/2. The small letters of n° say nothing, however that is written.
pub(crate) fn key(reference: &str) -> String {
    let plain: String = reference
        .chars()
        .map(|sign| match sign {
            '\u{ba}' | '\u{aa}' => ' ',
            '\u{2116}' => 'n',
            _ => sign,
        })
        .collect();
    let mut key = String::new();
    let mut is_apart = false;
    for sign in read(&plain).to_lowercase().chars() {
        if !sign.is_alphanumeric() {
            is_apart = true;
            continue;
        }
        if is_apart && sign.is_numeric() && key.chars().next_back().is_some_and(char::is_numeric) {
            key.push('-');
        }
        key.push(sign);
        is_apart = false;
    }
    key
}

/// Letters that look like one of ours, behind the one that they look like.
const ALIKE: [&str; 53] = [
    "AАΑᴀÀÁÂÃÄÅĀĂĄǍȀȂᎪ",
    "BВΒʙᏴ",
    "CСϹᴄÇĆĈĊČⅭᏟ",
    "DᴅÐĎĐⅮᎠ",
    "EЕΕᴇÈÉÊËĒĔĖĘĚЁЀᎬ",
    "FϜꜰҒ",
    "GԌɢĜĞĠĢᏀ",
    "HНΗʜĤĦᎻ",
    "IІΙɪÌÍÎÏĨĪĬĮİӀЇⅠ",
    "JЈᴊĴᎫ",
    "KКΚᴋĶᏦ",
    "LʟĹĻĽĿŁⅬᏞ",
    "MМΜᴍⅯᎷ",
    "NΝɴÑŃŅŇŊ",
    "OОΟᴏÒÓÔÕÖØŌŎŐՕ",
    "PРΡᴘᏢ",
    "QԚ",
    "RʀŔŖŘᎡ",
    "SЅꜱŚŜŞŠՏᏚ",
    "TТΤᴛŢŤŦᎢ",
    "UᴜÙÚÛÜŨŪŬŮŰŲՍ",
    "VᴠѴⅤᏙ",
    "WᴡŴԜᎳ",
    "XХΧⅩ",
    "YҮΥУʏÝŶŸ",
    "ZΖᴢŹŻŽᏃ",
    "aаαàáâãäåāăąǎªɑ",
    "bЬƅ",
    "cсϲçćĉċčⅽ",
    "dԁďđðⅾ",
    "eеèéêëēĕėęěёѐ℮",
    "fƒ",
    "gɡĝğġģ",
    "hһĥħ",
    "iіιìíîïĩīĭįıїⅰ",
    "jјĵ",
    "kκкķ",
    "lӏĺļľŀłⅼ",
    "mмⅿ",
    "nոñńņňŋ",
    "oоοòóôõöøōŏőօº",
    "pрρ",
    "qԛ",
    "rгŕŗř",
    "sѕśŝşšſ",
    "tтţťŧ",
    "uυùúûüũūŭůűųս",
    "vνѵⅴ",
    "wԝŵω",
    "xхχⅹ",
    "yуүýŷÿ",
    "zźżž",
    "3ЗзӠ",
];

/// Where the digits of other scripts begin.
const ZEROS: [u32; 19] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
    0x0f20, 0x1040, 0x17e0, 0x1810, 0x2080,
];

/// Runs of 26 letters: where one begins, and the letter that it begins with.
const ALPHABETS: [(u32, char); 6] =
    [(0x24b6, 'A'), (0x24d0, 'a'), (0x249c, 'a'), (0x1f130, 'A'), (0x1f150, 'A'), (0x1f170, 'A')];

/// Letters that have a place of their own beside the mathematical ones.
const LETTERLIKE: &str = "ℂCℊgℋHℌHℍHℎhℐIℑIℒLℓlℕNℙPℚQℛRℜRℝRℤZℨZℬBℭCℯeℰEℱFℳMℴoKKÅA⁰0¹1²2³3⁴4⁵5⁶6⁷7⁸8⁹9";

/// A text as it reads: signs that show nothing are left out, and those that look like letters, digits or signs of ours are them.
fn read(text: &str) -> String {
    text.chars().filter(|sign| !is_hidden(*sign)).map(alike).collect()
}

/// Whether a sign shows nothing by itself: those of a line's direction, joiners, accents that stand alone, tags.
fn is_hidden(sign: char) -> bool {
    matches!(sign,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' | '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}')
}

fn alike(sign: char) -> char {
    if sign.is_ascii() {
        return sign;
    }
    let code = u32::from(sign);
    let from = |first: char, offset: u32| char::from_u32(u32::from(first) + offset).unwrap_or(sign);
    match code {
        0xff01..=0xff5e => return from('!', code - 0xff01),
        0x1d400..=0x1d6a3 => {
            let place = (code - 0x1d400) % 52;
            return if place < 26 { from('A', place) } else { from('a', place - 26) };
        }
        0x1d7ce..=0x1d7ff => return from('0', (code - 0x1d7ce) % 10),
        0x2460..=0x2468 => return from('1', code - 0x2460),
        0x24ea => return '0',
        0xfe6b => return '@',
        _ => {}
    }
    let of_alphabet = ALPHABETS.iter().find(|(first, _)| (*first..first + 26).contains(&code));
    let of_digits = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code));
    if let Some((first, letter)) = of_alphabet {
        return from(*letter, code - first);
    }
    if let Some(zero) = of_digits {
        return from('0', code - zero);
    }
    let letterlike = LETTERLIKE.chars().zip(LETTERLIKE.chars().skip(1)).find(|(one, _)| *one == sign);
    let found = ALIKE.iter().find(|letters| letters.contains(sign)).and_then(|letters| letters.chars().next());
    letterlike.map(|(_, plain)| plain).or(found).unwrap_or(sign)
}
