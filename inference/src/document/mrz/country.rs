//! State codes of an MRZ: ICAO 9303-3, section 5 (ISO 3166-1 alpha-3 and ICAO's own).

/// ISO 3166-1 alpha-3 as of 2026, all 249 (ICAO 9303-3, section 5, part A).
const ISO: &str = "\
    ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT \
    AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL \
    BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG \
    COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM \
    DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR \
    GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY \
    HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA \
    JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY \
    LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL \
    MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM \
    NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER \
    PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU \
    SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR \
    SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON \
    TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB \
    VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE \
";

/// ICAO 9303-3, section 5: additions to ISO 3166-1 (part A: British nationals who are not citizens, Kosovo), the
/// European Union (B), the United Nations (C), other issuers (D), persons without a nationality (E), withdrawn codes
/// kept (F), Utopia for specimens (G). Part H's IAO signs master lists and stands in no MRZ.
const ICAO: &str = "\
    GBD GBN GBO GBP GBS RKS \
    EUE \
    UNO UNA UNK \
    XBA XIM XCC XCE XCO XEC XPO XES XMP XOM XDC \
    XXA XXB XXC XXX \
    ANT NTZ \
    UTO \
";

/// Codes that ISO 3166-1 withdrew since 1997, which old documents still bear (Romania before 2002, Yugoslavia, Serbia and
/// Montenegro, East Timor, Zaire), and XCT, which the Turkish Republic of Northern Cyprus prints.
const OTHER: &str = "ROM YUG SCG TMP ZAR XCT";

/// Every code, without filler. Germany's is the letter `D` alone.
pub fn known_states() -> impl Iterator<Item = &'static str> {
    std::iter::once("D")
        .chain(ISO.split_ascii_whitespace())
        .chain(ICAO.split_ascii_whitespace())
        .chain(OTHER.split_ascii_whitespace())
}

/// Whether the code (without filler) is one that documents carry.
#[must_use]
pub fn is_known_state(code: &str) -> bool {
    known_states().any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_organisations_and_the_specimen_state_are_known() {
        for code in [
            "D", "USA", "UTO", "XXA", "UNO", "GBD", "RKS", "ZWE", "ABW", "AFG",
        ] {
            assert!(is_known_state(code), "{code}");
        }
    }

    #[test]
    fn every_code_is_three_letters_and_none_stands_twice() {
        let codes: Vec<&str> = known_states().collect();
        assert!(
            codes.iter().all(|code| *code == "D"
                || code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
        );
        let different: std::collections::HashSet<&&str> = codes.iter().collect();
        assert_eq!(different.len(), codes.len());
        assert_eq!(ISO.split_ascii_whitespace().count(), 249);
    }

    #[test]
    fn other_letters_are_not() {
        for code in ["", "U", "QQQ", "UT0", "USAA", " ", "A W"] {
            assert!(!is_known_state(code), "{code}");
        }
    }
}
