package search_test

import (
	"context"
	"slices"
	"testing"

	"rapport/internal/base/id"
	"rapport/internal/platform/search"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// people are what the probes look for, each in the script of its language.
var people = []struct {
	id   id.ID
	text string
}{
	{1, "山田太郎"},
	{2, "中村さくら"},
	{3, "タナカ ハナコ"},
	{4, "王小明"},
	{5, "김민수"},
	{6, "สมชาย ใจดี"},
	{7, "മോഹൻലാൽ വിശ്വനാഥൻ"},
	{8, "അഞ്ജലി മേനോൻ"},
	{9, "हिन्दी कुमारी"},
	{10, "ज़ोया शर्मा"},
	{11, "ሐረገወይን አሰፋ"},
	{12, "ፀሐይ ዓለሙ"},
	{13, "علی کاظمی"},
	{14, "مریم محمدی\u200cنژاد"},
	{15, "فاطمة الزهراء"},
	{16, "Jürgen Weiß"},
	{17, "Zoë Brontë-O'Neil"},
	{18, "Łukasz Żółć"},
	{19, "Иван Алёшин"},
	{20, "Αντώνης Σάμαράς"},
	{21, "ＡＢＣ株式会社"},
	{22, "کتاب\u200cهای تهران"},
}

func TestProbes(t *testing.T) {
	probes := []struct {
		name, q string
		want    id.ID
	}{
		{"Japanese, whole", "山田太郎", 1},
		{"Japanese, middle", "田太", 1},
		{"Japanese, one letter inside", "田", 1},
		{"Japanese, one letter at the end", "郎", 1},
		{"Japanese, kana in a name with Han", "さくら", 2},
		{"Japanese, Hiragana for Katakana", "たなか", 3},
		{"Japanese, half width", "ﾊﾅｺ", 3},
		{"Chinese", "小明", 4},
		{"Korean, while typing", "김민", 5},
		{"Thai", "ใจดี", 6},
		{"Malayalam, while typing", "മോഹ", 7},
		{"Malayalam, chillu written the old way", "മോഹന്\u200dലാല്\u200d", 7},
		{"Malayalam, second name", "മേനോൻ", 8},
		{"Hindi, the other nasal", "हिंदी", 9},
		{"Hindi, without nukta", "जोया", 10},
		{"Amharic, homophones", "ሀረገወይን", 11},
		{"Amharic, homophones in both words", "ጸሀይ አለሙ", 12},
		{"Persian, Arabic letters", "علي كاظمي", 13},
		{"Persian, without joiner", "محمدینژاد", 14},
		{"Arabic, other ending, with vowels", "فاطِمه", 15},
		{"German, accents", "jurgen weiss", 16},
		{"French, hyphen and apostrophe", "bronte-o'ne", 17},
		{"Polish", "lukasz zolc", 18},
		{"Russian, without dots", "алешин", 19},
		{"Greek, capitals", "ΑΝΤΩΝΗΣ", 20},
		{"full width", "abc", 21},
		{"Persian plural", "کتاب", 22},
		{"nobody", "xyzzy", 0},
		{"quotes do no harm", `" ' * & | ! : weiss`, 16},
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		x := search.Index{Table: "customer_search", Key: "customer_id"}
		docs := make([]search.Doc, 0, len(people))
		for _, p := range people {
			docs = append(docs, search.Doc{ID: p.id, Words: search.Words(p.text)})
		}
		for range 2 { // the second time replaces
			if err := x.Put(ctx, db, docs); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range probes {
			t.Run(p.name, func(t *testing.T) {
				got, err := x.Newest(ctx, db, search.Parse(p.q), 0, 10)
				if err != nil {
					t.Fatal(err)
				}
				if p.want == 0 && len(got) > 0 || p.want != 0 && !slices.Contains(got, p.want) || len(got) > 2 {
					t.Errorf("%q finds %v, want %d", p.q, got, p.want)
				}
			})
		}
	})
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name string
		got  []string
		want []string
	}{
		{"address", search.Email("Maria.Silva+x@mail.Shop.example"), []string{"mariasilvaxmailshopexample", "maria", "silva", "x", "mail", "shop"}},
		{"phone", search.Phone("+919876543210", "9876543210"), []string{"919876543210", "9876543210"}},
		{"pairs and the last letter", search.Words("山田太郎"), []string{"山田", "田太", "太郎", "郎"}},
		{"each once", search.Words("a b a", "B"), []string{"a", "b"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, p := range people {
		f.Add(p.text)
	}
	f.Add("\x00'\"\\ \xed\xa0\x80 a@b.c +49 (0) 12345")
	db := dbtest.SQLite(f)
	x := search.Index{Table: "customer_search", Key: "customer_id"}
	f.Fuzz(func(t *testing.T, s string) {
		ctx := context.Background()
		if got := search.Fold(search.Fold(s)); got != search.Fold(s) {
			t.Errorf("Fold is not idempotent: %q becomes %q, then %q", s, search.Fold(s), got)
		}
		words := search.Words(s)
		if err := x.Put(ctx, db, []search.Doc{{ID: 1, Words: words}}); err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if _, err := x.Newest(ctx, db, search.Parse(w), 0, 1); err != nil {
				t.Fatalf("%q: %v", w, err)
			}
		}
	})
}
