package demo

import "strings"

// culture is where a customer's name, language and feasts come from.
type culture struct {
	lang        string
	share       float64
	female      []name
	male        []name
	family      []name
	familyFirst bool   // 佐藤 花子
	glue        string // between the parts of a name
	places      []place
}

// name is a word of a name in its own script and in Latin letters, which e-mail addresses need.
type name struct{ native, latin string }

type place struct {
	share         float64
	country, city string
	zone          string
	offset        int // minutes ahead of UTC; close enough for when people are awake
	currency      string
	dial          string  // country and mobile prefix
	digits        int     // that follow
	tax           float64 //
}

// names reads "native:latin native:latin"; without the colon the word is Latin already. An underscore is a space.
func names(list string) []name {
	fields := strings.Fields(list)
	out := make([]name, len(fields))
	for i, f := range fields {
		native, latin, ok := strings.Cut(f, ":")
		if !ok {
			latin = plain.Replace(strings.ToLower(native))
		}
		out[i] = name{strings.ReplaceAll(native, "_", " "), latin}
	}
	return out
}

var plain = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", "è", "e", "ê", "e", "ë", "e", "ç", "c", "à", "a", "â", "a", "î", "i", "ï", "i", "ô", "o", "ò", "o", "ù", "u", "ì", "i", "'", "", "-", "", "_", "")

var (
	berlin    = place{.30, "DE", "Berlin", "Europe/Berlin", 60, "EUR", "+491512", 7, .19}
	hamburg   = place{.22, "DE", "Hamburg", "Europe/Berlin", 60, "EUR", "+491525", 7, .19}
	cologne   = place{.18, "DE", "Köln", "Europe/Berlin", 60, "EUR", "+491577", 7, .19}
	vienna    = place{.16, "AT", "Wien", "Europe/Vienna", 60, "EUR", "+43664", 7, .20}
	zurich    = place{.14, "CH", "Zürich", "Europe/Zurich", 60, "EUR", "+4179", 7, .081}
	london    = place{.42, "GB", "London", "Europe/London", 0, "GBP", "+44740", 7, .20}
	leeds     = place{.18, "GB", "Leeds", "Europe/London", 0, "GBP", "+44742", 7, .20}
	dublin    = place{.14, "IE", "Dublin", "Europe/Dublin", 0, "EUR", "+35386", 7, .23}
	amsterdam = place{.14, "NL", "Amsterdam", "Europe/Amsterdam", 60, "EUR", "+316", 8, .21}
	stockholm = place{.12, "SE", "Stockholm", "Europe/Stockholm", 60, "EUR", "+4670", 7, .25}
	paris     = place{.5, "FR", "Paris", "Europe/Paris", 60, "EUR", "+336", 8, .20}
	lyon      = place{.3, "FR", "Lyon", "Europe/Paris", 60, "EUR", "+337", 8, .20}
	brussels  = place{.2, "BE", "Bruxelles", "Europe/Brussels", 60, "EUR", "+32470", 6, .21}
	milan     = place{.55, "IT", "Milano", "Europe/Rome", 60, "EUR", "+39347", 7, .22}
	bologna   = place{.45, "IT", "Bologna", "Europe/Rome", 60, "EUR", "+39348", 7, .22}
	tehran    = place{.3, "IR", "تهران", "Asia/Tehran", 210, "EUR", "+98912", 7, .10}
	isfahan   = place{.16, "IR", "اصفهان", "Asia/Tehran", 210, "EUR", "+98913", 7, .10}
	shiraz    = place{.14, "IR", "شیراز", "Asia/Tehran", 210, "EUR", "+98917", 7, .10}
	kochi     = place{.32, "IN", "കൊച്ചി", "Asia/Kolkata", 330, "EUR", "+9194470", 5, .18}
	kozhikode = place{.22, "IN", "കോഴിക്കോട്", "Asia/Kolkata", 330, "EUR", "+9194471", 5, .18}
	dubai     = place{.16, "AE", "Dubai", "Asia/Dubai", 240, "EUR", "+97150", 7, .05}
	delhi     = place{.34, "IN", "दिल्ली", "Asia/Kolkata", 330, "EUR", "+9198110", 5, .18}
	jaipur    = place{.26, "IN", "जयपुर", "Asia/Kolkata", 330, "EUR", "+9198290", 5, .18}
	addis     = place{.62, "ET", "አዲስ አበባ", "Africa/Addis_Ababa", 180, "EUR", "+25191", 7, .15}
	tokyo     = place{.6, "JP", "東京", "Asia/Tokyo", 540, "JPY", "+8190", 8, .10}
	kyoto     = place{.4, "JP", "京都", "Asia/Tokyo", 540, "JPY", "+8180", 8, .10}
)

var cultures = []culture{
	{lang: "de", share: 26, glue: " ", places: []place{berlin, hamburg, cologne, vienna, zurich},
		female: names("Anna Lena Marie Julia Katharina Hannah Sophie Lea Johanna Clara Miriam Greta Ida Frieda Charlotte Luisa Paula Nora Theresa Käthe"),
		male:   names("Lukas Jonas Felix Paul Maximilian Leon Jakob Emil Moritz Anton Friedrich Konrad Tobias Matthias Jürgen Björn Oskar Theo Henrik Ludwig"),
		family: names("Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Krause Lehmann Köhler Maier Böhm Weiß")},
	{lang: "en", share: 22, glue: " ", places: []place{london, leeds, dublin, amsterdam, stockholm},
		female: names("Olivia Amelia Isla Emily Charlotte Grace Freya Alice Sophie Eleanor Martha Beatrice Hannah Niamh Aoife Zara Imogen Harriet Ruth Nell"),
		male:   names("Oliver George Arthur Noah Harry Jack Henry Thomas William Edward Rory Callum Declan Samuel Toby Hugo Alfred Ewan Miles Patrick"),
		family: names("Smith Jones Taylor Brown Williams Wilson Davies Evans Thomas Roberts Walker Wright Thompson White Hughes Edwards Green Lewis Wood Harris Clarke O'Brien Murphy Kelly Byrne Fraser MacLeod Ashworth Whitfield Hargreaves")},
	{lang: "fr", share: 11, glue: " ", places: []place{paris, lyon, brussels},
		female: names("Camille Léa Manon Chloé Juliette Inès Élise Margaux Hélène Aurélie Noémie Clémence Anaïs Solène Agathe Maëlle"),
		male:   names("Louis Gabriel Jules Hugo Arthur Raphaël Théo Étienne Mathieu François Benoît Rémi Cédric Olivier Antoine Loïc"),
		family: names("Martin Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Simon Laurent Lefèvre Michel Garcia Roux Fournier Girard Bonnet Mercier Lambert Chevalier Gauthier")},
	{lang: "it", share: 7, glue: " ", places: []place{milan, bologna},
		female: names("Giulia Chiara Francesca Sara Martina Elena Alessia Beatrice Ludovica Caterina Lucia Bianca"),
		male:   names("Marco Luca Matteo Andrea Francesco Lorenzo Davide Stefano Niccolò Pietro Giacomo Enrico"),
		family: names("Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De_Luca Costa Giordano Mancini Rizzo")},
	{lang: "fa", share: 12, glue: " ", places: []place{tehran, isfahan, shiraz, berlin, hamburg, stockholm},
		female: names("سارا:sara مریم:maryam نازنین:nazanin پریسا:parisa شیرین:shirin لیلا:leila مهسا:mahsa نیلوفر:niloufar الهام:elham زهرا:zahra آناهیتا:anahita پروانه:parvaneh ترانه:taraneh یاسمن:yasaman رویا:roya گلناز:golnaz"),
		male:   names("رضا:reza علی:ali امیر:amir حسین:hossein آرش:arash بابک:babak کیان:kian سهراب:sohrab فرهاد:farhad نیما:nima داریوش:dariush مهدی:mehdi بهرام:bahram پوریا:pouria سیاوش:siavash کامران:kamran"),
		family: names("احمدی:ahmadi محمدی:mohammadi حسینی:hosseini رضایی:rezaei کریمی:karimi موسوی:mousavi جعفری:jafari صادقی:sadeghi تهرانی:tehrani شیرازی:shirazi فرهادی:farhadi نوری:nouri یزدانی:yazdani رستمی:rostami زمانی:zamani مرادی:moradi قاسمی:ghasemi هاشمی:hashemi اصفهانی:esfahani بهرامی:bahrami")},
	{lang: "ml", share: 7, glue: " ", places: []place{kochi, kozhikode, dubai, london},
		female: names("അഞ്ജലി:anjali ലക്ഷ്മി:lakshmi മീര:meera ശ്രീജ:sreeja ദിവ്യ:divya രേഷ്മ:reshma ആതിര:athira നിമിഷ:nimisha ഫാത്തിമ:fathima മരിയ:maria സൗമ്യ:soumya പാർവതി:parvathy"),
		male:   names("അനിൽ:anil രാജേഷ്:rajesh വിഷ്ണു:vishnu അരുൺ:arun സുരേഷ്:suresh നിഖിൽ:nikhil ജോസഫ്:joseph മുഹമ്മദ്:muhammed ഹരി:hari ശരത്:sarath ഗോകുൽ:gokul തോമസ്:thomas"),
		family: names("നായർ:nair മേനോൻ:menon പിള്ള:pillai കുര്യൻ:kurian നമ്പ്യാർ:nambiar വർഗീസ്:varghese വാര്യർ:warrier പണിക്കർ:panicker ചാക്കോ:chacko കുറുപ്പ്:kurup മാത്യു:mathew ഇബ്രാഹിം:ibrahim")},
	{lang: "hi", share: 6, glue: " ", places: []place{delhi, jaipur, dubai, london},
		female: names("प्रिया:priya अनीता:anita नेहा:neha पूजा:pooja कविता:kavita सुनीता:sunita आरती:aarti दीपिका:deepika मीनाक्षी:meenakshi श्रेया:shreya राधिका:radhika गीता:geeta"),
		male:   names("राहुल:rahul अमित:amit विकास:vikas संजय:sanjay रोहन:rohan अर्जुन:arjun मनोज:manoj विवेक:vivek आदित्य:aditya करण:karan सचिन:sachin देवेंद्र:devendra"),
		family: names("शर्मा:sharma वर्मा:verma गुप्ता:gupta सिंह:singh मिश्रा:mishra अग्रवाल:agrawal जोशी:joshi त्रिवेदी:trivedi चौहान:chauhan राठौड़:rathore सक्सेना:saxena पांडेय:pandey")},
	{lang: "am", share: 4, glue: " ", places: []place{addis, stockholm, berlin},
		female: names("ሰላም:selam ሄለን:helen ቤተልሔም:bethlehem ሀና:hana ማህሌት:mahlet ትዕግስት:tigist ራሄል:rahel አልማዝ:almaz መሠረት:meseret ፍቅርተ:fikirte"),
		male:   names("አበበ:abebe ዳዊት:dawit ዮሐንስ:yohannes ሰለሞን:solomon ብሩክ:biruk ቴዎድሮስ:tewodros ኃይሉ:hailu ናትናኤል:natnael ሳሙኤል:samuel ዮናስ:yonas"),
		family: names("በቀለ:bekele ተስፋዬ:tesfaye ከበደ:kebede ኃይሌ:haile ገብረማርያም:gebremariam ታደሰ:tadesse መኮንን:mekonnen አለሙ:alemu ደስታ:desta ወልደሚካኤል:woldemichael ግርማ:girma ተሰማ:tessema")},
	{lang: "ja", share: 5, glue: " ", familyFirst: true, places: []place{tokyo, kyoto, amsterdam},
		female: names("花子:hanako 美咲:misaki さくら:sakura 陽菜:hina 結衣:yui 葵:aoi 千尋:chihiro 由美子:yumiko 恵:megumi 真央:mao 智子:tomoko 明日香:asuka"),
		male:   names("太郎:taro 翔太:shota 健:ken 大輔:daisuke 蓮:ren 悠斗:yuto 拓海:takumi 直樹:naoki 誠:makoto 隆:takashi 亮:ryo 浩二:koji"),
		family: names("佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 山本:yamamoto 中村:nakamura 小林:kobayashi 加藤:kato 吉田:yoshida 山田:yamada 松本:matsumoto 井上:inoue 木村:kimura 清水:shimizu")},
}

var cultureSums = func() []float64 {
	w := make([]float64, len(cultures))
	for i := range cultures {
		w[i] = cultures[i].share
	}
	return sums(w)
}()

func (c *culture) place(d *dice) *place {
	sum := 0.0
	for i := range c.places {
		sum += c.places[i].share
	}
	x := d.float() * sum
	for i := range c.places {
		if x -= c.places[i].share; x < 0 {
			return &c.places[i]
		}
	}
	return &c.places[0]
}

var occupations = []string{"teacher", "engineer", "nurse", "designer", "student", "accountant", "chef", "researcher", "retired", "architect", "musician", "translator", "carpenter", "doctor", "gardener", "shopkeeper"}
