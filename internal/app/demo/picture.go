package demo

import (
	"fmt"
	"math"
	"strings"
)

// PicturePath is where Pictures wants to be mounted; the catalogue and the events name pictures below it.
const PicturePath = "/p/demo/products/"

// palette is a set of colours that go together: one for each style of the catalogue.
type palette struct{ wall, glow, table, edge, main, light, dark, accent, leaf string }

var palettes = []palette{
	{"#f3e3c9", "#fbf2e2", "#d9b27c", "#c79a5e", "#d9822b", "#f2b25c", "#a95a17", "#8c2f39", "#6f7d4a"}, // saffron
	{"#d5e0e8", "#eef4f7", "#a9b8bf", "#92a4ad", "#27517d", "#5f8fbf", "#163352", "#e2a84b", "#5b7a6b"}, // indigo
	{"#e3e8d5", "#f5f7ec", "#bfae8c", "#a89672", "#5f7d4e", "#93b07c", "#3c5431", "#d8875a", "#4d6b3c"}, // moss
	{"#f2dcd6", "#fbf0ec", "#c99b86", "#b58370", "#b1323f", "#dd6b6b", "#781d2a", "#e8b65a", "#5d7350"}, // pomegranate
	{"#efe6da", "#faf6ef", "#cdb79a", "#b9a182", "#c2a27a", "#e2cba8", "#8f7350", "#6b8791", "#7b8560"}, // sand
	{"#d6e8e4", "#eff8f6", "#b7c4b8", "#9eaea2", "#4c9c93", "#8bcbc1", "#2c6863", "#e59a7a", "#54795f"}, // sea glass
	{"#e4dbe8", "#f5f0f7", "#b09aa8", "#9a8494", "#6c3f75", "#a273ab", "#43244a", "#d9a441", "#68775a"}, // plum
	{"#e2e0dc", "#f4f3f1", "#a8a29a", "#938d85", "#3d4347", "#72797e", "#22272a", "#c86b45", "#6a7862"}, // charcoal
}

// Picture draws a product as a still life. It is the same for a SKU at all times; ok is false for a SKU the shop does not have.
func Picture(sku string) (svg []byte, ok bool) {
	p := assortment()[strings.ToUpper(sku)]
	if p == nil {
		return nil, false
	}
	d := roll(1, forPicture, uint64(p.kind)+100, uint64(p.style)+100)
	c := &canvas{palette: palettes[p.style%len(palettes)], d: d, id: p.SKU}
	c.room()
	shapes[p.kind](c)
	c.companion(p.kind)
	return c.finish(p.Name), true
}

// canvas collects the drawing. The thing stands at x 300 on the table line y 440.
type canvas struct {
	palette
	d    *dice
	id   string
	body strings.Builder
}

const ground = 440

func (c *canvas) put(format string, args ...any) { fmt.Fprintf(&c.body, format+"\n", args...) }

func (c *canvas) finish(title string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="60 72 480 480" role="img"><title>%s</title><defs>`, escaped.Replace(title))
	fmt.Fprintf(&b, `<radialGradient id="w" cx=".32" cy=".25" r=".95"><stop offset="0" stop-color="%s"/><stop offset="1" stop-color="%s"/></radialGradient>`, c.glow, c.wall)
	fmt.Fprintf(&b, `<linearGradient id="t" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="%s"/><stop offset="1" stop-color="%s"/></linearGradient>`, c.table, c.edge)
	fmt.Fprintf(&b, `<linearGradient id="m" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="%s"/><stop offset=".28" stop-color="%s"/><stop offset=".62" stop-color="%s"/><stop offset="1" stop-color="%s"/></linearGradient>`, c.main, c.light, c.main, c.dark)
	fmt.Fprintf(&b, `<linearGradient id="a" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".35"/><stop offset=".5" stop-color="%s" stop-opacity="0"/></linearGradient>`, c.accent)
	b.WriteString(`<radialGradient id="s"><stop offset="0" stop-color="#1d140c" stop-opacity=".42"/><stop offset="1" stop-color="#1d140c" stop-opacity="0"/></radialGradient></defs>`)
	b.WriteString(c.body.String())
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// room is the wall, the table and, now and then, a window's light or an arch.
func (c *canvas) room() {
	c.put(`<rect width="600" height="600" fill="url(#w)"/>`)
	switch c.d.n(4) {
	case 0:
		x := 60 + c.d.n(80)
		c.put(`<path d="M%d 380V210a%d %d 0 0 1 %d 0V380z" fill="%s" opacity=".55"/>`, x, 110, 120, 220, c.glow)
	case 1:
		c.put(`<path d="M40 40L230 20L330 390L120 390z" fill="#fff" opacity=".22"/>`)
	case 2:
		c.put(`<circle cx="%d" cy="%d" r="%d" fill="%s" opacity=".18"/>`, 420+c.d.n(60), 150+c.d.n(40), 70+c.d.n(40), c.accent)
	}
	c.put(`<rect y="400" width="600" height="200" fill="url(#t)"/>`)
	c.put(`<rect y="398" width="600" height="4" fill="#fff" opacity=".25"/>`)
	if c.d.chance(.5) { // a runner of linen
		c.put(`<path d="M0 486C150 470 450 470 600 486V540C450 520 150 520 0 540z" fill="#fff" opacity=".28"/>`)
	}
}

func (c *canvas) shadow(x, y, rx, ry float64) {
	c.put(`<ellipse cx="%.0f" cy="%.0f" rx="%.0f" ry="%.0f" fill="url(#s)"/>`, x+rx*.16, y, rx*1.15, ry)
}

// turned draws what a potter's wheel makes: an outline of (height, half width) pairs from the foot up, mirrored and smoothed.
func (c *canvas) turned(x, foot float64, outline [][2]float64) {
	var right, left []string
	n := len(outline)
	at := func(i int) (float64, float64) {
		i = max(0, min(n-1, i))
		return outline[i][1], foot - outline[i][0]
	}
	for i := range n - 1 {
		x0, y0 := at(i - 1)
		x1, y1 := at(i)
		x2, y2 := at(i + 1)
		x3, y3 := at(i + 2)
		ax, ay, bx, by := x1+(x2-x0)/6, y1+(y2-y0)/6, x2-(x3-x1)/6, y2-(y3-y1)/6
		right = append(right, fmt.Sprintf("C%.1f %.1f %.1f %.1f %.1f %.1f", x+ax, ay, x+bx, by, x+x2, y2))
		left = append([]string{fmt.Sprintf("C%.1f %.1f %.1f %.1f %.1f %.1f", x-bx, by, x-ax, ay, x-x1, y1)}, left...)
	}
	w0, y0 := at(0)
	w1, y1 := at(n - 1)
	path := fmt.Sprintf("M%.1f %.1f%sL%.1f %.1f%sz", x+w0, y0, strings.Join(right, ""), x-w1, y1, strings.Join(left, ""))
	c.put(`<path d="%s" fill="url(#m)"/>`, path)
	c.put(`<clipPath id="c%s"><path d="%s"/></clipPath>`, c.id, path)
	c.decor(x, foot, outline[n-1][0])
	c.put(`<path d="%s" fill="url(#a)"/>`, path)
	if w1 > 8 {
		c.put(`<ellipse cx="%.1f" cy="%.1f" rx="%.1f" ry="%.1f" fill="%s"/><ellipse cx="%.1f" cy="%.1f" rx="%.1f" ry="%.1f" fill="%s"/>`,
			x, y1, w1, math.Max(3, w1*.2), c.light, x, y1+1, w1*.9, math.Max(2, w1*.15), c.dark)
	}
}

// decor paints a glaze on what was turned last.
func (c *canvas) decor(x, foot, height float64) {
	c.put(`<g clip-path="url(#c%s)">`, c.id)
	switch c.d.n(5) {
	case 0: // bands
		for range 1 + c.d.n(3) {
			y := foot - height*(.2+.6*c.d.float())
			c.put(`<rect x="%.0f" y="%.0f" width="600" height="%d" fill="%s" opacity=".7"/>`, x-300, y, 4+c.d.n(12), c.accent)
		}
	case 1: // dipped
		y := foot - height*(.3+.25*c.d.float())
		c.put(`<path d="M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0fV700H%.0fz" fill="%s" opacity=".85"/>`, x-300, y, x-100, y-24, x+100, y+26, x+300, y, x-300, c.glow)
	case 2: // speckles
		for range 70 {
			c.put(`<circle cx="%.0f" cy="%.0f" r="%.1f" fill="%s" opacity=".5"/>`, x-180+360*c.d.float(), foot-height*c.d.float(), 1+2*c.d.float(), c.dark)
		}
	case 3: // leaves going round
		y := foot - height*.55
		for i := range 12 {
			c.leafAt(x-180+float64(i)*33, y, 15, -35+float64(i%2)*70, c.glow)
		}
	case 4: // running glaze
		for i := range 14 {
			px := x - 180 + float64(i)*28
			c.put(`<rect x="%.0f" y="%.0f" width="30" height="%.0f" rx="14" fill="%s" opacity=".55"/>`, px, foot-height-20, height*(.25+.35*c.d.float()), c.accent)
		}
	}
	c.put(`</g>`)
}

func (c *canvas) leafAt(x, y, r, turn float64, fill string) {
	c.put(`<path transform="translate(%.1f %.1f) rotate(%.1f)" d="M0 0C%.1f %.1f %.1f %.1f 0 %.1f C%.1f %.1f %.1f %.1f 0 0z" fill="%s"/>`, x, y, turn, r*.7, -r*.5, r*.5, -r*1.5, -2*r, -r*.5, -r*1.5, -r*.7, -r*.5, fill)
}

// branch grows leaves along a curve from (x, y) upwards.
func (c *canvas) branch(x, y, length, lean float64, fill string) {
	tipX, tipY := x+lean, y-length
	c.put(`<path d="M%.1f %.1fQ%.1f %.1f %.1f %.1f" stroke="%s" stroke-width="3" fill="none"/>`, x, y, x, y-length*.6, tipX, tipY, fill)
	for i := 2; i <= 8; i++ {
		t := float64(i) / 8
		px := (1-t)*(1-t)*x + 2*(1-t)*t*x + t*t*tipX
		py := (1-t)*(1-t)*y + 2*(1-t)*t*(y-length*.6) + t*t*tipY
		side := float64(i%2)*2 - 1
		c.leafAt(px, py, 8+10*(1-t)+3*c.d.float(), lean/length*40+side*(52-20*t), fill)
	}
}

// companion puts some small thing beside the product.
func (c *canvas) companion(kind int) {
	x := 478.0
	if c.d.chance(.5) {
		x = 122
	}
	y := 478.0 + 14*c.d.float()
	switch c.d.n(6) {
	case 0: // a lemon
		c.shadow(x, y, 34, 8)
		c.put(`<path d="M%.0f %.0fc8 -34 56 -34 66 -4c8 2 8 8 0 10c-10 28 -58 28 -66 -6z" fill="#e9bd3e"/><path d="M%.0f %.0fc6 -14 22 -18 34 -14" stroke="#fff" stroke-opacity=".5" stroke-width="4" fill="none" stroke-linecap="round"/>`, x-33, y-18, x-20, y-24)
	case 1: // a pomegranate
		c.shadow(x, y, 34, 8)
		c.put(`<circle cx="%.0f" cy="%.0f" r="31" fill="#b23a48"/><path d="M%.0f %.0fl-9 -13l9 4l4 -9l5 9l9 -4l-8 13z" fill="#8f2937"/><circle cx="%.0f" cy="%.0f" r="9" fill="#fff" opacity=".25"/>`, x, y-28, x-5, y-56, x-11, y-39)
	case 2: // three leaves
		for i := range 3 {
			c.leafAt(x+float64(i)*13-13, y, 24, -45+float64(i)*45, c.leaf)
		}
	case 3: // eggs in an oval dish
		c.shadow(x, y, 52, 9)
		c.put(`<ellipse cx="%.0f" cy="%.0f" rx="50" ry="13" fill="%s"/>`, x, y-6, c.glow)
		for i := range 3 {
			c.put(`<ellipse cx="%.0f" cy="%.0f" rx="14" ry="17" fill="%s"/>`, x-26+float64(i)*26, y-18, []string{"#f6ead9", "#ecd6ba", "#f9f2e7"}[i])
		}
	case 4: // a folded cloth
		c.put(`<path d="M%.0f %.0fl92 -10l10 26l-96 12z" fill="%s"/><path d="M%.0f %.0fl92 -10" stroke="#fff" stroke-opacity=".5" stroke-width="2"/>`, x-50, y-14, c.accent, x-48, y-6)
	}
}
