//! Ordinary people's names, drawn: given and family names that are common in some country, put together as people there do.
//!
//! Typed from general knowledge of which names are common; no list was copied. A name's place in its row is its rank: the
//! further on, the rarer (Zipf). Who bears such a name is nobody in particular, so that a hit on a watch list is a false alarm
//! or a namesake.
// long file: names of many countries

use rand::Rng;

/// How a country puts names together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Custom {
    /// Given, family.
    GivenFamily,
    /// Given, often a second given, family.
    TwoGiven,
    /// Given, often a second, the father's and the mother's family name.
    TwoFamilies,
    /// Given, father's name, family.
    Patronymic,
    /// Given, father's given, grandfather's or family.
    FatherGiven,
    /// Family, then given of one or two syllables.
    FamilySyllables,
}

/// Names of a country.
struct Country {
    code: &'static str,
    custom: Custom,
    given: &'static str,
    family: &'static str,
}

use Custom::{FamilySyllables, FatherGiven, GivenFamily, Patronymic, TwoFamilies, TwoGiven};

const COUNTRIES: &[Country] = &[
    Country {
        code: "USA",
        custom: TwoGiven,
        given: "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Sandra Anthony Ashley Mark Emily Steven Kimberly Andrew Donna Joshua Michelle Kevin Carol Brian Amanda Tyler Brandon Hannah Grace",
        family: "Smith Johnson Williams Brown Jones Garcia Miller Davis Martinez Anderson Taylor Thomas Moore Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Morris Murphy Cook Rogers Peterson Cooper Reed Bailey Bell Howard Ward Cox Richardson Wood Watson Brooks Bennett Gray Hughes Price Sanders",
    },
    Country {
        code: "GBR",
        custom: GivenFamily,
        given: "Oliver Amelia George Olivia Harry Isla Jack Emily Noah Ava Charlie Lily Thomas Mia Oscar Sophie William Grace Alfie Evie Henry Poppy Arthur Ella Stuart Fiona Graham Heather Nigel Gillian Callum Eilidh Rhys Carys",
        family: "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Patel Khan Lewis James Phillips Mason Mitchell Rose Shaw Fletcher Gibson MacDonald Campbell Fraser Murray Sinclair Pugh Bevan O'Brien O'Connor Gallagher Whittaker Ashworth",
    },
    Country {
        code: "DEU",
        custom: GivenFamily,
        given: "Peter Sabine Michael Petra Thomas Monika Andreas Susanne Wolfgang Andrea Klaus Birgit Jürgen Heike Stefan Claudia Markus Katrin Christian Anna Lukas Lea Felix Lena Jonas Hannah Leon Mia Finn Johanna Matthias Ulrike Tobias Stefanie",
        family: "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Vogel Friedrich Keller Günther Berger Winkler Lorenz Baumann",
    },
    Country {
        code: "FRA",
        custom: GivenFamily,
        given: "Jean Marie Pierre Nathalie Michel Isabelle Philippe Sylvie Alain Catherine Nicolas Céline Julien Camille Thomas Léa Antoine Manon Louis Chloé Guillaume Émilie François Aurélie Sébastien Sophie Mathieu Claire",
        family: "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand Garnier Faure Rousseau Blanc Guérin Muller Henry Roussel Perrin Morin Gauthier Chevalier",
    },
    Country {
        code: "ITA",
        custom: GivenFamily,
        given: "Giuseppe Maria Giovanni Anna Antonio Giuseppina Mario Rosa Luigi Angela Francesco Giulia Alessandro Chiara Matteo Francesca Lorenzo Martina Andrea Sara Marco Elena Luca Valentina Davide Federica Simone Silvia",
        family: "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De Luca Mancini Costa Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile Martinelli Vitale Serra Coppola",
    },
    Country {
        code: "ESP",
        custom: TwoFamilies,
        given: "Antonio María Manuel Carmen José Ana Francisco Isabel David Laura Juan Cristina Javier Marta Daniel Lucía Carlos Elena Jesús Sara Alejandro Paula Miguel Raquel Rafael Pilar Pedro Mercedes Pablo Rosa Sergio Alba Álvaro Nuria",
        family: "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Serrano Blanco Molina Suárez Castro Ortega Rubio Marín Sanz Iglesias Núñez Medina Garrido Cortés Castillo Santos Lozano Guerrero Cano Prieto",
    },
    Country {
        code: "MEX",
        custom: TwoFamilies,
        given: "José María Juan Guadalupe Luis Margarita Miguel Verónica Jesús Leticia Francisco Alejandra Carlos Rosa Jorge Adriana Antonio Patricia Manuel Gabriela Alejandro Fernanda Roberto Daniela Fernando Ximena Ricardo Valeria Eduardo Mariana Santiago Sofía Diego Andrea",
        family: "Hernández García Martínez López González Pérez Rodríguez Sánchez Ramírez Cruz Flores Gómez Morales Vázquez Jiménez Reyes Díaz Torres Gutiérrez Ruiz Mendoza Aguilar Ortiz Moreno Castillo Romero Álvarez Méndez Chávez Rivera Juárez Ramos Domínguez Herrera Medina Castro Vargas Guzmán Velázquez Rojas Contreras Salazar Luna Estrada Ortega Santiago Guerrero",
    },
    Country {
        code: "COL",
        custom: TwoFamilies,
        given: "Carlos Luz Jorge Ana Luis María Andrés Paola José Diana Juan Sandra Camilo Natalia Felipe Catalina Sebastián Carolina Santiago Valentina Óscar Claudia Fernando Marcela Jaime Gloria",
        family: "Rodríguez Gómez González Martínez García López Hernández Sánchez Ramírez Pérez Díaz Muñoz Rojas Moreno Jiménez Torres Vargas Gutiérrez Castro Ortiz Álvarez Ruiz Suárez Herrera Romero Quintero Morales Giraldo Rivera Arias Castillo Parra Restrepo Valencia Osorio Cárdenas Mejía Ospina Cardona Zapata",
    },
    Country {
        code: "BRA",
        custom: TwoFamilies,
        given: "José Maria João Ana Antônio Francisca Francisco Antônia Carlos Adriana Paulo Juliana Pedro Márcia Lucas Fernanda Luiz Patrícia Marcos Aline Gabriel Sandra Rafael Camila Daniel Amanda Marcelo Bruna Bruno Jéssica",
        family: "Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins Carvalho Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias Nascimento Andrade Moreira Nunes Marques Machado Mendes Freitas Cardoso Ramos Gonçalves Santana Teixeira",
    },
    Country {
        code: "POL",
        custom: GivenFamily,
        given: "Piotr Anna Krzysztof Maria Andrzej Katarzyna Jan Małgorzata Tomasz Agnieszka Paweł Barbara Michał Ewa Marcin Krystyna Jakub Magdalena Adam Elżbieta Łukasz Joanna Mateusz Zofia",
        family: "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Wojciechowski Krawczyk Kaczmarek Piotrowski Grabowski Pawłowski Michalski Król Wieczorek Jabłoński Wróbel Majewski Olszewski Stępień Malinowski",
    },
    Country {
        code: "RUS",
        custom: Patronymic,
        given: "Александр Дмитрий Максим Сергей Андрей Алексей Иван Михаил Николай Владимир Евгений Павел Артём Роман Константин Антон Игорь Олег Виктор Юрий",
        family: "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов Ковалёв Белов Медведев Антонов Тарасов",
    },
    Country {
        code: "RUS",
        custom: Patronymic,
        given: "Aleksandr Dmitry Maksim Sergey Andrey Aleksey Ivan Mikhail Nikolay Vladimir Evgeny Pavel Artem Roman Konstantin Anton Igor Oleg Viktor Yuri",
        family: "Ivanov Smirnov Kuznetsov Popov Vasiliev Petrov Sokolov Mikhailov Novikov Fedorov Morozov Volkov Alekseev Lebedev Semenov Egorov Pavlov Kozlov Stepanov Nikolaev Orlov Andreev Makarov Nikitin Zakharov Zaitsev Soloviev Borisov Yakovlev Grigoriev Vorobiev Kuzmin Frolov Korolev Gusev Kiselev Ilyin Polyakov Sorokin Vinogradov Kovalev Belov Tarasov",
    },
    Country {
        code: "UKR",
        custom: GivenFamily,
        given: "Oleksandr Olena Serhiy Natalia Andriy Tetyana Volodymyr Olha Mykola Iryna Ivan Svitlana Dmytro Oksana Yuriy Kateryna Vasyl Mariya Petro Yulia Bohdan Anastasia Taras Sofiia",
        family: "Melnyk Shevchenko Kovalenko Bondarenko Boyko Tkachenko Kravchenko Kovalchuk Oliynyk Shevchuk Koval Polishchuk Bondar Tkachuk Moroz Marchenko Lysenko Rudenko Savchenko Petrenko Kravchuk Klymenko Ponomarenko Vasylenko Pavlenko Hrytsenko Romanenko Didenko Kostenko Mazur",
    },
    Country {
        code: "TUR",
        custom: GivenFamily,
        given: "Mehmet Fatma Mustafa Ayşe Ahmet Emine Ali Hatice Hüseyin Zeynep Hasan Elif İbrahim Meryem İsmail Şerife Osman Sultan Yusuf Zehra Murat Merve Ömer Hanife Emre Büşra",
        family: "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan Şimşek Polat Korkmaz Özcan Çakır Erdoğan Yavuz Can Acar Şen Aktaş Güneş Bozkurt",
    },
    Country {
        code: "EGY",
        custom: FatherGiven,
        given: "Mohamed Ahmed Mahmoud Mostafa Ali Hassan Youssef Omar Khaled Ibrahim Karim Amr Tarek Hossam Sherif Fatma Mona Heba Aya Nour Sara Mariam Yasmin Dina Rania Salma",
        family: "Hassan Ali Ibrahim Mohamed Mahmoud Saad Farouk Fathy Shaker Naguib Mansour Abdelaziz Sayed Zaki Gaber Ragab Shawky Lotfy Selim Helmy Kamel Barakat Fouad Salem Nasser Tawfik Ramadan Shehata",
    },
    Country {
        code: "SAU",
        custom: FatherGiven,
        given: "Abdullah Mohammed Fahad Sultan Khalid Saad Faisal Abdulaziz Turki Nasser Saud Majed Bandar Waleed Yazeed Nora Sarah Reem Hessa Maha Lama Abeer",
        family: "Al-Ghamdi Al-Qahtani Al-Zahrani Al-Otaibi Al-Harbi Al-Shehri Al-Dosari Al-Mutairi Al-Shammari Al-Subaie Al-Anazi Al-Juhani Al-Malki Al-Asmari Al-Yami Al-Rashid Al-Saleh",
    },
    Country {
        code: "IRN",
        custom: GivenFamily,
        given: "Mohammad Fatemeh Ali Zahra Hossein Maryam Reza Narges Mehdi Sara Amir Leila Hamed Nasrin Saeed Mina Majid Parisa Behrouz Shirin Kaveh Golnaz Arash Niloufar",
        family: "Mohammadi Hosseini Ahmadi Karimi Rezaei Moradi Jafari Rahimi Hashemi Ebrahimi Mousavi Sadeghi Asadi Ghasemi Akbari Amiri Nazari Heidari Salehi Soltani Kazemi Bagheri Shirazi Tehrani Norouzi Farahani",
    },
    Country {
        code: "PAK",
        custom: GivenFamily,
        given: "Muhammad Ayesha Ali Fatima Ahmed Sana Hassan Maryam Usman Hina Bilal Zainab Imran Sadia Asad Rabia Faisal Nadia Kamran Saima Tariq Bushra Zeeshan Amna",
        family: "Khan Ahmed Ali Hussain Iqbal Malik Butt Sheikh Chaudhry Qureshi Raza Shah Akhtar Mahmood Javed Aslam Siddiqui Mirza Bhatti Rana Abbasi Awan Saleem Rafiq Nawaz Hashmi",
    },
    Country {
        code: "IND",
        custom: GivenFamily,
        given: "Rahul Priya Amit Anjali Rajesh Pooja Sanjay Neha Vijay Sunita Suresh Kavita Ramesh Lakshmi Anil Deepa Arun Meena Vikram Divya Manoj Shreya Karthik Ananya Harpreet Gurpreet",
        family: "Sharma Kumar Singh Patel Gupta Verma Reddy Nair Iyer Rao Mehta Shah Joshi Desai Kulkarni Chatterjee Banerjee Mukherjee Das Ghosh Pillai Menon Agarwal Jain Mishra Yadav Chauhan Naidu Bhatt Kaur",
    },
    Country {
        code: "IDN",
        custom: GivenFamily,
        given: "Budi Siti Agus Dewi Andi Sri Eko Nur Dwi Rina Joko Wati Hendra Ratna Ahmad Fitri Rudi Indah Bambang Lestari Dedi Ayu Yusuf Putri",
        family: "Santoso Wijaya Setiawan Hidayat Saputra Nugroho Kurniawan Susanto Gunawan Wibowo Rahayu Hartono Lestari Pratama Suryadi Purnomo Utami Siregar Simanjuntak Nasution Harahap Lubis Permana Halim",
    },
    Country {
        code: "CHN",
        custom: FamilySyllables,
        given: "Wei Fang Na Min Jing Li Qiang Lei Jun Yang Yong Yan Jie Juan Tao Ming Chao Xiulan Xia Ping Gang Guiying Haoran Zihan Yuxuan Xinyi Jiahao Yichen Lihua Zhiqiang Xiaoming Jianguo Wenjing Meiling",
        family: "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Song Tang Xu Han Feng Deng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu",
    },
    Country {
        code: "CHN",
        custom: FamilySyllables,
        given: "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 浩然 子涵 宇轩 欣怡 嘉豪 丽华 志强 文静",
        family: "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹",
    },
    Country {
        code: "KOR",
        custom: FamilySyllables,
        given: "Min-jun Seo-yeon Ji-hoon Ji-woo Hyun-woo Soo-jin Dong-hyun Eun-ji Jun-ho Mi-kyung Sung-min Hye-jin Jae-hyun Yu-na Sang-hoon Bo-ram Young-ho Kyung-hee Jin-woo Da-eun Tae-yang Ha-neul Seung-hyun Na-yeon",
        family: "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Yoo Hong Jeon Ko Moon Son Yang Bae Baek Heo Nam Noh",
    },
    Country {
        code: "JPN",
        custom: GivenFamily,
        given: "Hiroshi Yuko Takashi Keiko Kenji Yumiko Daisuke Naoko Haruto Yui Sota Hina Yuto Aoi Ren Sakura Kazuya Megumi Makoto Akiko Satoshi Mayumi Shota Misaki",
        family: "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Saito Yamazaki Mori Abe Ikeda Hashimoto Ishikawa Ogawa Goto Okada Hasegawa",
    },
    Country {
        code: "VNM",
        custom: FamilySyllables,
        given: "Van Anh Thi Hoa Minh Duc Ngoc Lan Quang Huy Thanh Ha Duc Thang Thu Trang Hoang Nam Kim Oanh Quoc Viet Bao Chau Tuan Kiet",
        family: "Nguyen Tran Le Pham Hoang Phan Vu Dang Bui Do Ho Ngo Duong Ly Dinh Truong Trinh Mai Dao Lam",
    },
    Country {
        code: "PHL",
        custom: TwoGiven,
        given: "Jose Maria Juan Ana Antonio Rosario Mark Angel John Mary Michael Joy Christian Grace Ramon Cristina Joshua Nicole Rodrigo Teresita Angelo Jasmine",
        family: "Santos Reyes Cruz Bautista Ocampo Garcia Mendoza Torres Tomas Andrada Castillo Flores Villanueva Ramos Castro Rivera Aquino Navarro Salazar Mercado Dela Cruz Del Rosario Pascual Aguilar Manalo Dizon",
    },
    Country {
        code: "NGA",
        custom: TwoGiven,
        given: "Emeka Ngozi Chinedu Amaka Tunde Folake Segun Yetunde Musa Aisha Ibrahim Hauwa Chidi Chioma Uche Ifeoma Adebayo Bukola Sani Zainab Obinna Nneka",
        family: "Okafor Adeyemi Okonkwo Eze Nwosu Balogun Ogunleye Abubakar Bello Mohammed Adebayo Obi Nwachukwu Okeke Lawal Yusuf Usman Danjuma Afolabi Olawale Igwe Onyeka",
    },
    Country {
        code: "KEN",
        custom: GivenFamily,
        given: "Joseph Grace Peter Mary John Faith Samuel Mercy David Jane James Esther Daniel Lucy Brian Wanjiru Kevin Achieng Dennis Njeri Collins Akinyi",
        family: "Mwangi Otieno Kamau Ochieng Maina Njoroge Kipchoge Mutua Wanjala Kariuki Odhiambo Kimani Cheruiyot Wafula Omondi Njuguna Muthoni Chebet Barasa Githinji",
    },
    Country {
        code: "NLD",
        custom: GivenFamily,
        given: "Jan Maria Johannes Anna Willem Johanna Pieter Elisabeth Daan Emma Sem Julia Bram Sophie Thijs Lotte Jeroen Marieke Sander Femke",
        family: "de Jong Jansen de Vries van den Berg Bakker van Dijk Visser Janssen Smit Meijer de Boer Mulder de Groot Bos Vos Peters Hendriks van Leeuwen Dekker Brouwer",
    },
    Country {
        code: "SWE",
        custom: GivenFamily,
        given: "Lars Anna Erik Karin Karl Eva Anders Maria Per Kristina Johan Sara Nils Emma Mikael Malin Fredrik Linnea Oskar Elsa",
        family: "Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Pettersson Jonsson Jansson Hansson Bengtsson Lindberg Lindström Bergström Sandberg Forsberg",
    },
    Country {
        code: "GRC",
        custom: GivenFamily,
        given: "Georgios Maria Dimitrios Eleni Konstantinos Aikaterini Ioannis Vasiliki Nikolaos Sofia Christos Angeliki Panagiotis Georgia Vasileios Dimitra",
        family: "Papadopoulos Vlachos Angelopoulos Nikolaidis Georgiou Petridis Athanasiadis Dimopoulos Karagiannis Pappas Makris Oikonomou Alexiou Samaras Konstantinidis Theodorou",
    },
    Country {
        code: "ISR",
        custom: GivenFamily,
        given: "David Sarah Moshe Rachel Yosef Miriam Avraham Tamar Daniel Noa Itai Maya Ariel Shira Yonatan Yael Omer Adi",
        family: "Cohen Levi Mizrahi Peretz Biton Dahan Avraham Friedman Malka Azulay Katz Yosef David Amar Ohayon Hadad Gabay Ben-David Adler Shapira",
    },
    Country {
        code: "ROU",
        custom: GivenFamily,
        given: "Andrei Maria Ion Elena Gheorghe Ana Alexandru Ioana Mihai Cristina Vasile Gabriela Nicolae Mihaela Florin Daniela",
        family: "Popescu Ionescu Popa Pop Radu Ionita Stan Dumitru Stoica Gheorghe Matei Ciobanu Rusu Mihai Constantin Marin Serban Lazar Florea Dobre",
    },
    Country {
        code: "ETH",
        custom: FatherGiven,
        given: "Abebe Almaz Bekele Tigist Kebede Hirut Tesfaye Meseret Haile Selam Girma Aster Dawit Bethlehem Yonas Rahel",
        family: "Tadesse Alemu Worku Gebre Mekonnen Desta Assefa Wolde Demissie Negash Lemma Ayele Hailu Mulugeta Tilahun Zewdu",
    },
];

/// A drawn name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordinary {
    /// As a person of the country writes it.
    pub name: String,
    /// ISO 3166-1 alpha-3.
    pub country: &'static str,
}

/// Draws somebody.
pub fn draw(random: &mut impl Rng) -> Ordinary {
    let country = &COUNTRIES[random.random_range(0..COUNTRIES.len())];
    let given = |random: &mut _| ranked(random, country.given);
    let family = |random: &mut _| ranked(random, country.family);
    let first = given(random);
    let name = match country.custom {
        GivenFamily => format!("{first} {}", family(random)),
        TwoGiven if random.random_bool(0.5) => {
            format!("{first} {} {}", given(random), family(random))
        }
        TwoGiven => format!("{first} {}", family(random)),
        TwoFamilies if random.random_bool(0.4) => format!(
            "{first} {} {} {}",
            given(random),
            family(random),
            family(random)
        ),
        TwoFamilies => format!("{first} {} {}", family(random), family(random)),
        Patronymic => {
            let father = given(random);
            let ending = if father.is_ascii() {
                "ovich"
            } else {
                "ович"
            };
            let father = father.trim_end_matches(['y', 'й', 'ь', 'i']);
            match random.random_bool(0.6) {
                true => format!("{first} {father}{ending} {}", family(random)),
                false => format!("{first} {}", family(random)),
            }
        }
        FatherGiven => format!("{first} {} {}", given(random), family(random)),
        FamilySyllables => format!("{} {first}", family(random)),
    };
    Ordinary {
        name,
        country: country.code,
    }
}

/// One of a row's names, the earlier the likelier. `de`, `van den` and their like belong to what follows.
fn ranked<'a>(random: &mut impl Rng, row: &'a str) -> &'a str {
    let mut names: Vec<&str> = Vec::new();
    let mut start = 0;
    let small = |word: &str| ["de", "van", "den", "De", "Dela", "Del"].contains(&word);
    let mut at = 0;
    for word in row.split(' ') {
        let end = at + word.len();
        if !small(word) {
            names.push(&row[start..end]);
            start = end + 1;
        }
        at = end + 1;
    }
    // Ranks weigh one over five and their number: the first of forty is borne eight times as often as the last.
    let weight = |rank: usize| 1.0 / (rank as f64 + 5.0);
    let whole: f64 = (0..names.len()).map(weight).sum();
    let mut left = random.random_range(0.0..whole);
    for (rank, name) in names.iter().enumerate() {
        left -= weight(rank);
        if left < 0.0 {
            return name;
        }
    }
    names.last().copied().unwrap_or_default()
}
