package importer

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"rapport/internal/base/address"
	"rapport/internal/collect/importer/weblog"
	"rapport/internal/facts/order"
)

// What the cells of a column look like.
const (
	LooksEmpty  = "empty"
	LooksEmail  = "email"
	LooksPhone  = "phone"
	LooksDate   = "date"
	LooksMoney  = "money"
	LooksNumber = "number"
	LooksID     = "id"
	LooksURL    = "url"
	LooksImage  = "image"
	LooksYesNo  = "yes_no"
	LooksJSON   = "json"
	LooksText   = "text"
)

// Column is a column of a file and what is thought of it.
type Column struct {
	Name    string
	Looks   string
	Samples []string
	Field   string // "" where it holds none
	By      string // header | content | you
}

// guessRows is how many rows are looked at.
const guessRows = 500

// sample is the beginning of a file, column by column.
type sample struct {
	columns [][]string // cells that are not empty
	rows    int
}

func (s *source) sample() (sample, error) {
	out := sample{columns: make([][]string, len(s.header))}
	src, err := s.rows(s.start, s.line)
	if err != nil {
		return out, err
	}
	defer src.close()
	for out.rows < guessRows {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, fmt.Errorf("read import file: %w", err)
		}
		if r.err != nil {
			continue
		}
		out.rows++
		for i := range out.columns {
			if v := cell(r.cells, i); v != "" {
				out.columns[i] = append(out.columns[i], cutText(strings.Clone(v), 200))
			}
		}
	}
	return out, nil
}

// looksOf tells what the cells of a column look like: what nine of ten are.
func looksOf(cells []string) string {
	if len(cells) == 0 {
		return LooksEmpty
	}
	counts := map[string]int{}
	distinct := map[string]bool{}
	for _, c := range cells {
		counts[looksOfCell(c)]++
		distinct[c] = true
	}
	need := (len(cells)*9 + 9) / 10
	if counts[LooksMoney] > 0 && counts[LooksMoney]+counts[LooksNumber] >= need {
		return LooksMoney
	}
	if counts[LooksURL]+counts[LooksImage] >= need && counts[LooksImage] < need {
		return LooksURL
	}
	for _, l := range []string{LooksEmail, LooksImage, LooksJSON, LooksDate, LooksPhone, LooksYesNo} {
		if counts[l] >= need {
			return l
		}
	}
	if counts[LooksNumber] >= need {
		if zero := slices.ContainsFunc(cells, func(c string) bool { return len(c) > 1 && c[0] == '0' }); zero || len(cells) > 20 && len(distinct)*10 >= len(cells)*9 {
			return LooksID
		}
		return LooksNumber
	}
	if counts[LooksID]+counts[LooksNumber] >= need && len(distinct)*2 >= len(cells) {
		return LooksID
	}
	return LooksText
}

var pictures = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".webp": true, ".avif": true, ".svg": true}

var anyDate = dates{zone: time.UTC, order: monthFirst}

func looksOfCell(c string) string {
	switch strings.ToLower(c) {
	case "yes", "no", "true", "false", "y", "n":
		return LooksYesNo
	}
	if strings.Contains(c, "@") {
		if _, ok := address.Email(c); ok {
			return LooksEmail
		}
	}
	if strings.HasPrefix(c, "http://") || strings.HasPrefix(c, "https://") {
		if u, err := url.Parse(c); err == nil && u.Host != "" {
			if pictures[strings.ToLower(path.Ext(u.Path))] {
				return LooksImage
			}
			return LooksURL
		}
	}
	if c[0] == '{' && c[len(c)-1] == '}' {
		return LooksJSON
	}
	if looksLikeDate(c) {
		return LooksDate
	}
	if _, err := (&amounts{}).parse(c, 2); err == nil {
		if c[0] == '+' && len(c) > 8 {
			return LooksPhone
		}
		if n, ok := digits(strings.TrimPrefix(c, "-")); ok && n >= 0 || allDigits(c) {
			return LooksNumber
		}
		if plainAmount(c) {
			return LooksMoney
		}
	}
	if looksLikePhone(c) {
		return LooksPhone
	}
	if len(c) < 40 && strings.ContainsAny(c, "0123456789") && !strings.ContainsAny(c, " \t") {
		return LooksID
	}
	return LooksText
}

// plainAmount asks for more than the reader of amounts does, which also takes A12 for one: letters stand there only as a currency's code.
func plainAmount(c string) bool {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, c)
	return letters == "" || order.ValidCurrency(strings.ToUpper(letters))
}

// looksLikeDate asks for more than the reader of dates does, which takes numbers for seconds since 1970.
func looksLikeDate(c string) bool {
	if len(c) < 6 || allDigits(c) && len(c) != 8 {
		return false
	}
	d := anyDate
	at, err := d.read(c)
	if err != nil {
		d.order = dayFirst
		at, err = d.read(c)
	}
	return err == nil && at.Year() >= 1900 && at.Year() <= 2100
}

func looksLikePhone(c string) bool {
	n := 0
	for _, r := range c {
		switch {
		case r >= '0' && r <= '9':
			n++
		case !strings.ContainsRune("+-()./ ", r):
			return false
		}
	}
	return n >= 7 && n <= 15 && strings.ContainsAny(c, "+-() ")
}

// byContent names the fields that a column of some looks may be where the header says nothing, the likeliest first.
var byContent = map[Kind]map[string][]string{
	Customers:  {LooksEmail: {"email"}, LooksPhone: {"phone"}},
	Orders:     {LooksEmail: {"email"}, LooksPhone: {"phone"}, LooksDate: {"date"}, LooksMoney: {"total"}},
	OrderLines: {LooksEmail: {"email"}, LooksPhone: {"phone"}, LooksDate: {"date"}, LooksMoney: {"price"}},
	Products:   {LooksMoney: {"price"}, LooksURL: {"url"}, LooksImage: {"image"}},
	Events:     {LooksEmail: {"email"}, LooksDate: {"time"}, LooksJSON: {"properties"}},
}

// guess finds the fields of a kind: what is given counts, then what the header says, then what the cells look like.
func guess(kind Kind, src *source, given map[string]string, s sample) (*columns, []Column) {
	out := make([]Column, len(src.header))
	for i, h := range src.header {
		out[i] = Column{Name: h, Looks: looksOf(s.columns[i])}
		for _, v := range s.columns[i] {
			if !slices.Contains(out[i].Samples, v) && len(out[i].Samples) < 3 {
				out[i].Samples = append(out[i].Samples, cutText(v, 80))
			}
		}
	}
	c, err := findColumns(kind, src.header, given)
	if err != nil {
		c = &columns{header: src.header, at: map[string]int{}, used: make([]bool, len(src.header))}
	}
	for field, i := range c.at {
		out[i].Field, out[i].By = field, "header"
		if _, ok := given[field]; ok {
			out[i].By = "you"
		}
	}
	for i := range out {
		if c.used[i] || !alone(out, i, c) {
			continue
		}
		for _, field := range byContent[kind][out[i].Looks] {
			if !c.has(field) && given[field] != "-" {
				c.at[field], c.used[i] = i, true
				out[i].Field, out[i].By = field, "content"
				break
			}
		}
	}
	return c, out
}

// alone tells whether no other column without a field looks the same: between two nobody can choose.
func alone(list []Column, i int, c *columns) bool {
	for k := range list {
		if k != i && !c.used[k] && list[k].Looks == list[i].Looks {
			return false
		}
	}
	return true
}

// missing names the groups of fields that a kind needs and nobody could find.
func missing(kind Kind, c *columns) [][]string {
	var out [][]string
	for _, group := range required[kind] {
		if !slices.ContainsFunc(group, c.has) {
			out = append(out, group)
		}
	}
	return out
}

// mappingOf writes down which column holds which field, options of the given mapping included.
func mappingOf(c *columns, given map[string]string) map[string]string {
	out := map[string]string{}
	for field, column := range given {
		if column == "-" || slices.Contains(mappingOptions, field) {
			out[field] = column
		}
	}
	for field, i := range c.at {
		out[field] = c.header[i]
	}
	return out
}

// headless tells whether the first line of a table looks like data: a heading is no date, no amount and no address.
func headless(src *source) bool {
	if src.json || src.lines || src.given["header"] == "none" {
		return false
	}
	data := 0
	for _, h := range src.header {
		if h == "" {
			continue
		}
		switch looksOfCell(h) {
		case LooksDate, LooksMoney, LooksEmail, LooksNumber, LooksPhone:
			data++
		case LooksText:
			return false
		}
	}
	return data >= 2
}

// guessKind chooses what a file holds. It never fails: somebody looks at it afterwards.
func guessKind(path, name string, given map[string]string) Kind {
	if isLog(path) {
		return WebLogs
	}
	src, err := openSource(path, given)
	if err != nil {
		return Orders
	}
	s, err := src.sample()
	if err != nil {
		return Orders
	}
	best, bestScore := Orders, -1<<30
	for _, k := range []Kind{Orders, OrderLines, Customers, Products, Events} {
		c, _ := guess(k, src, given, s)
		score := 2*len(c.at) - 20*len(missing(k, c)) + hint(k, name)
		switch k {
		case OrderLines:
			score += linesScore(src, c, s)
		case Customers:
			if c.has("accepts_email") || c.has("first_name") || c.has("birthday") {
				score += 4
			}
			if len(missing(Orders, mustGuess(Orders, src, given, s))) == 0 {
				score -= 10
			}
		case Products:
			if c.has("sku") || c.has("description") || slices.Contains(src.header, "Handle") {
				score += 6
			}
			if _, ok := byName(src.header)["date"]; ok || c.has("email") {
				score -= 10
			}
		case Events:
			score += eventsScore(c)
		}
		if score > bestScore {
			best, bestScore = k, score
		}
	}
	return best
}

func mustGuess(k Kind, src *source, given map[string]string, s sample) *columns {
	c, _ := guess(k, src, given, s)
	return c
}

func byName(header []string) map[string]bool {
	out := map[string]bool{}
	for _, h := range header {
		out[heading(h)] = true
	}
	return out
}

// linesScore favours order lines where one number stands in several rows with an article, a quantity and a price each.
func linesScore(src *source, c *columns, s sample) int {
	score := -8
	i := c.index("order_id")
	if i < 0 || !c.has("quantity") || !(c.has("sku") || c.has("product_name") || c.has("product_id")) {
		return -20
	}
	distinct := map[string]bool{}
	for _, v := range s.columns[i] {
		distinct[v] = true
	}
	if len(s.columns[i]) > 5 && len(distinct)*10 < len(s.columns[i])*9 {
		score += 16
	}
	for h := range byName(src.header) {
		if strings.HasPrefix(h, "lineitem") { // Shopify's: lines of one order stand together
			score -= 20
		}
	}
	return score
}

func eventsScore(c *columns) int {
	score := -6
	by := byName(c.header)
	for _, h := range []string{"event", "eventname", "messageid", "anonymousid", "distinctid", "eventtype", "properties"} {
		if by[h] {
			score += 6
		}
	}
	return score
}

var hints = map[Kind][]string{
	Products: {"product", "catalog", "item"}, OrderLines: {"line", "retail", "basket"}, Orders: {"order", "transaction", "sale", "invoice", "purchase"},
	Customers: {"customer", "contact", "people", "subscriber", "user"}, Events: {"event", "track", "click"},
}

func hint(k Kind, name string) int {
	name = strings.ToLower(name)
	for _, w := range hints[k] {
		if strings.Contains(name, w) {
			return 3
		}
	}
	return 0
}

// isLog tells whether most of a file's first lines are those of a web server's log.
func isLog(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 64<<10)
	n, _ := io.ReadFull(f, head)
	log := weblog.NewReader(nil)
	good, all := 0, 0
	for line := range strings.Lines(string(head[:n])) {
		if all == 50 {
			break
		}
		_, err := log.Line(line)
		if errors.Is(err, weblog.ErrSkip) {
			continue
		}
		all++
		if err == nil {
			good++
		}
	}
	return all > 0 && (good*10 >= all*7 || log.Named() && good > 0)
}

// fieldsOf lists the fields of a kind for people to choose from, the needed ones first.
func fieldsOf(kind Kind) []string {
	var first []string
	for _, g := range required[kind] {
		first = append(first, g...)
	}
	for _, f := range slices.Sorted(maps.Keys(synonyms[kind])) {
		if !slices.Contains(first, f) {
			first = append(first, f)
		}
	}
	return first
}
