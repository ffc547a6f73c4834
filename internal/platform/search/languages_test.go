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

// goods are described in eleven languages and six scripts, the way shops do.
var goods = []struct{ language, text string }{
	{"ja", "東京タワーの限定ティーシャツ"},
	{"ja", "京都の抹茶セット"},
	{"zh", "北京烤鸭礼盒"},
	{"ko", "서울에서 만든 김치 냉장고"},
	{"th", "เสื้อผ้าไหมไทยทำมือ"},
	{"ml", "കേരളത്തിലെ കൈത്തറിസാരികൾ"},
	{"ml", "വെളിച്ചെണ്ണയും പപ്പടവും"},
	{"hi", "हिन्दी में लिखी हुई किताबें"},
	{"hi", "जयपुर की रजाई, हाथ से बनी"},
	{"am", "የኢትዮጵያ ቡና ከሐረር"},
	{"am", "የአለም ሠላም መጽሐፍ"},
	{"fa", "کتاب\u200cهای دست\u200cدوم تهران"},
	{"fa", "گلیم و فرش ایرانی"},
	{"ar", "القهوة العربية بالهيل"},
	{"en", "Hand-made café crème bowls"},
	{"de", "Straßenschuhe für große Füße"},
	{"de", "Übergrößen: Jürgens Wanderstöcke"},
}

// Twenty-two probes, each by a spelling that somebody would type, and none of them is missed: what STORAGE asks for is 21.
func TestLanguages(t *testing.T) {
	probes := []struct {
		name, q string
		want    int // place in goods
	}{
		{"ja: two letters", "東京", 0},
		{"ja: one word of many", "限定", 0},
		{"ja: in Hiragana", "たわー", 0},
		{"ja: half width", "ｾｯﾄ", 1},
		{"zh: in the middle", "烤鸭", 2},
		{"ko: while typing", "냉장", 3},
		{"ko: with a particle", "서울", 3},
		{"th: without spaces", "ผ้าไหม", 4},
		{"ml: inside a compound", "സാരി", 5},
		{"ml: longer, inside a compound", "ത്തറിസാരി", 5},
		{"ml: two words", "വെളിച്ചെണ്ണ പപ്പട", 6},
		{"hi: the other nasal", "हिंदी", 7},
		{"hi: while typing", "जयपु", 8},
		{"am: homophones", "ሀረር", 9},
		{"am: homophones in two words", "ሰላም መፅሀፍ", 10},
		{"fa: Arabic letters", "كتاب", 11},
		{"fa: plural with a space for the joiner", "کتاب های", 11},
		{"fa: Arabic letter yeh", "ايراني", 12},
		{"ar: other ending", "القهوه", 13},
		{"en: without accents", "cafe creme", 14},
		{"de: ss", "strassenschuhe", 15},
		{"de: without dots", "jurgens ubergrossen", 16},
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		x := search.Index{Table: "customer_search", Key: "customer_id"}
		docs := make([]search.Doc, len(goods))
		for i, g := range goods {
			docs[i] = search.Doc{ID: id.ID(i + 1), Words: search.Words(g.text)}
		}
		if err := x.Put(ctx, db, docs); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, p := range probes {
			got, err := x.Newest(ctx, db, search.Parse(p.q), 0, 20)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, []id.ID{id.ID(p.want + 1)}) {
				t.Errorf("%s: %q finds %v, want %d alone", p.name, p.q, got, p.want+1)
				continue
			}
			found++
		}
		t.Logf("%d of %d found", found, len(probes))
	})
}
