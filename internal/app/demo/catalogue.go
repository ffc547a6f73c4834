package demo

import (
	"strings"
	"sync"
	"unicode"
)

// Product is one thing of the catalogue.
type Product struct {
	Key         string // what the shop calls it: "isfahan-vase"
	SKU         string
	Name        string
	Category    string
	Description string
	Path        string
	Variants    []Variant
	Cost        int64 // euro cents, of the first variant

	kind   int
	style  int
	appeal float64
}

// Variant is one size or pack of a product.
type Variant struct {
	SKU   string
	Name  string
	Price int64 // euro cents, without tax
}

// Image is where the picture is served.
func (p *Product) Image() string { return PicturePath + p.SKU + ".svg" }

const brand = ShopName

type kind struct {
	code, category, noun string
	price                int64
	sizes                string // "S:100 M:150": name and per cent of the price
	items                string // one for each style, separated by |
	text                 string
	queries              string // what people type to find it, by language: "de:Vase|fr:vase"
}

var kinds = []kind{
	{"VAS", "Vases", "Vase", 3900, "Small:100 Medium:145 Tall:210", "Isfahan|Indigo Bay|Moss Garden|Pomegranate|Dune|Sea Glass|Plum Night|Charcoal",
		"Thrown by hand and glazed twice, so that no two are quite alike. Holds water.", "en:vase|de:Vase|fr:vase|it:vaso|fa:گلدان|ml:പൂപ്പാത്രം|hi:फूलदान|am:የአበባ ማስቀመጫ|ja:花瓶"},
	{"BWL", "Bowls", "Bowl", 2400, "Small:100 Large:170", "Saffron|Harbour|Fern|Yalda|Oat|Lagoon|Fig|Ash",
		"A bowl for rice, soup or fruit. Stoneware, safe in the oven and the dishwasher.", "en:bowl|de:Schale|fr:bol|it:ciotola|fa:کاسه|ml:ബൗൾ|hi:कटोरा|am:ጎድጓዳ ሳህን|ja:茶碗"},
	{"MUG", "Cups", "Mug", 1650, "One:100 Set of four:360", "Sunrise|Deep Water|Meadow|Rosehip|Linen|Mist|Heather|Slate",
		"Three decilitres, a handle for the whole hand, thin at the lip.", "en:mug|de:Tasse|fr:tasse|it:tazza|fa:لیوان|ml:കപ്പ്|hi:कप|am:ኩባያ|ja:マグカップ"},
	{"TPT", "Teapots", "Teapot", 5400, "0.6 l:100 1 l:135", "Amber|Midnight|Bamboo|Cherry|Biscuit|Jade|Damson|Iron",
		"Pours without a drop. With a strainer of the same clay.", "en:teapot|de:Teekanne|fr:théière|it:teiera|fa:قوری|ml:ചായപ്പാത്രം|hi:चायदानी|am:የሻይ ጀበና|ja:急須"},
	{"PLT", "Plates", "Plate", 1950, "Dessert:100 Dinner:140", "Marigold|Cobalt|Olive Branch|Coral|Sesame|Shore|Mulberry|Graphite",
		"Flat enough for a knife, deep enough for a sauce.", "en:plate|de:Teller|fr:assiette|it:piatto|fa:بشقاب|ml:പ്ലേറ്റ്|hi:थाली|am:ሳህን|ja:皿"},
	{"JUG", "Jugs", "Jug", 3200, "", "Honey|Ink|Willow|Paprika|Chalk|Tide|Sloe|Smoke",
		"For water at the table or branches in the hall.", "en:jug|de:Krug|fr:carafe|it:brocca|fa:پارچ|ml:കൂജ|hi:जग|am:ማሰሮ|ja:ピッチャー"},
	{"LMP", "Lamps", "Lamp", 8900, "", "Lantern|Evening|Canopy|Ember|Parchment|Aurora|Dusk|Studio",
		"A shade of linen on a ceramic foot. Warm light, cable of two metres, LED included.", "en:lamp|de:Lampe|fr:lampe|it:lampada|fa:چراغ|ml:വിളക്ക്|hi:लैंप|am:መብራት|ja:ランプ"},
	{"CND", "Candles", "Candle", 1400, "One:100 Three:270", "Orange Blossom|Winter Sea|Cypress|Sandalwood|Beeswax|Mint|Oud|Cedar",
		"Rapeseed wax and a cotton wick; burns for about forty hours.", "en:candle|de:Kerze|fr:bougie|it:candela|fa:شمع|ml:മെഴുകുതിരി|hi:मोमबत्ती|am:ሻማ|ja:キャンドル"},
	{"POT", "Planters", "Planter", 2900, "12 cm:100 18 cm:150 24 cm:220", "Terracotta|Blue Hour|Jungle|Brick|Pumice|Verdigris|Aubergine|Basalt",
		"With a saucer of its own. The plant in the picture is not included; it grew here.", "en:plant pot|de:Blumentopf|fr:pot de fleurs|it:vaso per piante|fa:گلدان سفالی|ml:ചെടിച്ചട്ടി|hi:गमला|am:የአትክልት ማሰሮ|ja:植木鉢"},
	{"CSH", "Cushions", "Cushion", 3400, "40 cm:100 60 cm:150", "Tabriz|Kashan|Ivy|Madder|Wheat|Ripple|Violet|Ebony",
		"Woven wool on one side, linen on the other. The filling is included.", "en:cushion|de:Kissen|fr:coussin|it:cuscino|fa:کوسن|ml:കുഷ്യൻ|hi:तकिया|am:ትራስ|ja:クッション"},
	{"THR", "Throws", "Throw", 7200, "", "Desert|Fjord|Highland|Autumn|Cloud|Surf|Lavender|Pewter",
		"Lambswool from a mill that has stood by the same river since 1866.", "en:throw|de:Wolldecke|fr:plaid|it:coperta|fa:پتو|ml:പുതപ്പ്|hi:कंबल|am:ብርድ ልብስ|ja:ブランケット"},
	{"BSK", "Baskets", "Basket", 2700, "Small:100 Large:165", "Harvest|River|Reed|Market|Straw|Marsh|Bramble|Hearth",
		"Plaited from seagrass. For bread, wool, or whatever lies about.", "en:basket|de:Korb|fr:panier|it:cesto|fa:سبد|ml:കൊട്ട|hi:टोकरी|am:ቅርጫት|ja:かご"},
	{"TEA", "Tea", "Tea", 980, "100 g:100 250 g:215", "Saffron Black|Earl Grey|Jasmine Green|Hibiscus|Chamomile|Peppermint|Assam|Lapsang",
		"Packed in a tin that closes tightly. Brew for three minutes, or as your grandmother did.", "en:tea|de:Tee|fr:thé|it:tè|fa:چای|ml:ചായ|hi:चाय|am:ሻይ|ja:お茶"},
	{"SPC", "Spices", "Spice", 640, "Jar:100 Refill:80", "Saffron Threads|Blue Fenugreek|Cardamom|Sumac|White Pepper|Coriander|Black Cumin|Berbere",
		"From farmers whom we know by name; ground in small lots.", "en:saffron|de:Safran|fr:épices|it:zafferano|fa:زعفران|ml:ഏലക്ക|hi:मसाले|am:በርበሬ|ja:サフラン"},
	{"BTL", "Oils and waters", "Bottle", 1850, "250 ml:100 500 ml:180", "Argan Oil|Blueberry Vinegar|Olive Oil|Rose Water|Almond Oil|Orange Water|Grape Molasses|Balsamic",
		"Pressed cold, bottled in dark glass, best within a year.", "en:olive oil|de:Olivenöl|fr:eau de rose|it:olio d'oliva|fa:گلاب|ml:എണ്ണ|hi:गुलाब जल|am:ዘይት|ja:オリーブオイル"},
	{"SOP", "Soaps", "Soap", 720, "One:100 Box of six:520", "Turmeric|Sea Salt|Laurel|Rose Clay|Oatmeal|Eucalyptus|Black Cherry|Charcoal",
		"Laurel and olive oil, cured for nine months.", "en:soap|de:Seife|fr:savon|it:sapone|fa:صابون|ml:സോപ്പ്|hi:साबुन|am:ሳሙና|ja:石けん"},
}

// strays are searches that find nothing.
var strays = []string{"gift card", "umbrella", "hammock", "Weihnachtskugeln", "clock", "rideau", "カーテン", "پرده", "തറവിരി", "नमक दानी", "ዣንጥላ", "left-handed scissors"}

// assortment is the catalogue made once, for pictures.
var assortment = sync.OnceValue(func() map[string]*Product { _, bySKU := catalogue(); return bySKU })

// catalogue makes the products. It does not depend on the seed: a shop has one range, whoever its customers are.
func catalogue() ([]*Product, map[string]*Product) {
	var list []*Product
	bySKU := map[string]*Product{}
	for k, kind := range kinds {
		for i, item := range strings.Split(kind.items, "|") {
			d := roll(1, forPicture, uint64(k), uint64(i))
			p := &Product{SKU: kind.code + "-" + strings.ToUpper(letters(item, 4)), Category: kind.category, kind: k, style: i}
			p.Name = item + " " + kind.noun
			if kind.code == "SPC" || kind.code == "BTL" || strings.HasSuffix(item, kind.noun) {
				p.Name = item
			}
			for bySKU[p.SKU] != nil {
				p.SKU += "2"
			}
			p.Key = slug(p.Name)
			p.Path = "/" + slug(kind.category) + "/" + slug(p.Name)
			p.Description = p.Name + ". " + kind.text
			price := kind.price * int64(85+d.n(40)) / 100
			price -= price % 50
			p.Cost = price * int64(32+d.n(16)) / 100
			p.Variants = variants(p.SKU, kind.sizes, price)
			p.appeal = .25 + d.exp()
			if d.chance(.08) {
				p.appeal += 4 // everybody's favourite
			}
			bySKU[p.SKU] = p
			for _, v := range p.Variants {
				bySKU[v.SKU] = p
			}
			list = append(list, p)
		}
	}
	return list, bySKU
}

// variants reads "Small:100 Set of four:360".
func variants(sku, sizes string, price int64) []Variant {
	if sizes == "" {
		return []Variant{{SKU: sku, Price: price}}
	}
	var out []Variant
	name := ""
	for _, f := range strings.Fields(sizes) {
		word, per, ok := strings.Cut(f, ":")
		name = strings.TrimSpace(name + " " + word)
		if !ok {
			continue
		}
		n := int64(0)
		for _, r := range per {
			n = n*10 + int64(r-'0')
		}
		out = append(out, Variant{SKU: sku + "-" + strings.ToUpper(letters(name, 6)), Name: name, Price: price * n / 100 / 10 * 10})
		name = ""
	}
	return out
}

func letters(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && b.Len() < n {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func slug(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), " ", "-")
}

// queriesOf gives what people of a language type to find a kind; English where there is no word of theirs.
func queriesOf(kind int, lang string) string {
	english := ""
	for _, q := range strings.Split(kinds[kind].queries, "|") {
		l, text, _ := strings.Cut(q, ":")
		if l == lang {
			return text
		}
		if l == "en" {
			english = text
		}
	}
	return english
}

// price is what a variant costs in a currency, rounded as shops do.
func price(cents int64, currency string) int64 {
	switch currency {
	case "GBP":
		return (cents*86/100 + 25) / 50 * 50
	case "JPY":
		return (cents*165/100 + 5) / 10 * 10
	}
	return cents
}
