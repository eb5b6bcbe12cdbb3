//! State codes of an MRZ: ICAO 9303-3, section 5 (ISO 3166-1 alpha-3 and ICAO's own).

/// ISO 3166-1 alpha-3, codes that it has withdrawn among them.
const ISO: &str = "\
    ABW AFG AFI AGO AIA ALA ALB AND ANT ARE ARG ARM ASM ATA ATB ATF ATG ATN \
    AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL \
    BRA BRB BRN BTN BUR BVT BWA BYS CAF CAN CCK CHE CHL CHN CIV CMR COD COG \
    COK COL COM CPV CRI CSK CTE CUB CUW CXR CYM CYP CZE DDR DEU DHY DJI DMA \
    DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM FXX GAB \
    GBR GEL GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY \
    HKG HMD HND HRV HTI HUN HVO IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM \
    JEY JOR JPN JTN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE \
    LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MID MKD MLI MLT \
    MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NHB \
    NIC NIU NLD NOR NPL NRU NTZ NZL OMN PAK PAN PCI PCN PCZ PER PHL PLW PNG \
    POL PRI PRK PRT PRY PSE PUS PYF QAT REU RHO ROU RUS RWA SAU SCG SDN SEN \
    SGP SGS SHN SJM SKM SLB SLE SLV SMR SOM SPM SRB SSD STP SUN SUR SVK SVN \
    SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TMP TON TTO TUN TUR \
    TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VDR VEN VGB VIR VNM VUT WAK \
    WLF WSM YEM YMD YUG ZAF ZAR ZMB ZWE \
";

/// Codes that ICAO adds or keeps (9303-3, section 5, parts B to D; `UTO` is its specimen state), `RKS`,
/// which Kosovo prints on its documents.
const OTHER: &str = "\
    ANT EUE GBD GBN GBO GBP GBS RKS ROM UNA UNK UNO UTO XBA XCC \
    XCE XCO XCT XDC XEC XES XIM XMP XOM XPO XXA XXB XXC XXX \
";

/// Every code, without filler. Germany's is the letter `D` alone.
pub fn known_states() -> impl Iterator<Item = &'static str> {
    std::iter::once("D")
        .chain(ISO.split_ascii_whitespace())
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
    fn other_letters_are_not() {
        for code in ["", "U", "QQQ", "UT0", "USAA", " ", "A W"] {
            assert!(!is_known_state(code), "{code}");
        }
    }
}
