package demo

// shapes draws each kind of product, in the order of kinds.
var shapes = []func(*canvas){vase, bowl, mug, teapot, plate, jug, lamp, candle, planter, cushion, throw, basket, tea, spice, bottle, soap}

func vase(c *canvas) {
	h := 190 + 60*c.d.float()
	belly := 62 + 30*c.d.float()
	neck := 18 + 18*c.d.float()
	if c.d.chance(.75) {
		for range 2 + c.d.n(3) {
			c.branch(300+16*(c.d.float()-.5), ground-h+6, 70+46*c.d.float(), 110*(c.d.float()-.5), c.leaf)
		}
	}
	c.shadow(300, ground+18, belly, 16)
	c.turned(300, ground+18, [][2]float64{{0, belly * .55}, {h * .06, belly * .6}, {h * (.3 + .2*c.d.float()), belly}, {h * .72, neck + 8}, {h * .88, neck}, {h, neck + 10}})
}

func bowl(c *canvas) {
	r := 120 + 25*c.d.float()
	c.shadow(300, ground+24, r*.7, 16)
	c.turned(300, ground+24, [][2]float64{{0, r * .34}, {10, r * .36}, {26, r * .62}, {66, r * .92}, {96, r}})
	for i := range 5 { // fruit
		x := 300 + (float64(i)-2)*32
		c.put(`<circle cx="%.0f" cy="%.0f" r="26" fill="%s"/><circle cx="%.0f" cy="%.0f" r="7" fill="#fff" opacity=".3"/>`, x, ground-80-float64((i*7)%3)*9, c.accent, x-8, ground-90.0-float64((i*7)%3)*9)
	}
	c.put(`<path d="M%.0f %d a%.0f 24 0 0 0 %.0f 0" fill="%s"/>`, 300-r, ground-72, r, 2*r, c.light)
	c.put(`<path d="M%.0f %d a%.0f 24 0 0 0 %.0f 0" fill="none" stroke="%s" stroke-width="3" opacity=".5"/>`, 300-r, ground-72, r, 2*r, c.glow)
}

func handle(c *canvas, x, y, w, h float64) {
	c.put(`<path d="M%.0f %.0fc%.0f -10 %.0f %.0f 0 %.0f" fill="none" stroke="%s" stroke-width="16" stroke-linecap="round"/>`, x, y, w*1.3, w*1.3, h+10, h, c.main)
	c.put(`<path d="M%.0f %.0fc%.0f -10 %.0f %.0f 0 %.0f" fill="none" stroke="#fff" stroke-opacity=".25" stroke-width="4" stroke-linecap="round"/>`, x+1, y-3, w*1.3, w*1.3, h+10, h)
}

func mug(c *canvas) {
	r, h := 66+12*c.d.float(), 128+24*c.d.float()
	c.shadow(310, ground+22, r+14, 15)
	handle(c, 300+r-6, ground+22-h*.8, 52, h*.52)
	c.turned(300, ground+22, [][2]float64{{0, r * .82}, {8, r * .9}, {h * .5, r}, {h, r * (.96 + .08*c.d.float())}})
	steam(c, 300, ground-h-4)
}

func steam(c *canvas, x, y float64) {
	for i := range 3 {
		c.put(`<path d="M%.0f %.0fc-14 -22 14 -34 0 -60" fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="5" stroke-linecap="round"/>`, x-22+float64(i)*22, y-float64(i%2)*8)
	}
}

func teapot(c *canvas) {
	r := 88 + 14*c.d.float()
	c.shadow(300, ground+22, r+34, 17)
	c.put(`<path d="M%.0f %dc-50 -6 -62 -56 -92 -78l24 -10c26 20 34 40 76 44z" fill="%s"/>`, 300-r*.7, ground-20, c.main)
	handle(c, 300+r-10, ground-86, 66, 80)
	c.turned(300, ground+22, [][2]float64{{0, r * .6}, {10, r * .68}, {62, r}, {112, r * .8}, {134, r * .42}})
	c.put(`<path d="M%.0f %dq%.0f -44 %.0f 0z" fill="%s"/><circle cx="300" cy="%d" r="12" fill="%s"/>`, 300-r*.46, ground-108, r*.46, r*.92, c.light, ground-140, c.dark)
	steam(c, 300-r-52, ground-112)
}

func plate(c *canvas) {
	r := 138.0
	c.shadow(300, ground+34, r*.6, 14)
	c.put(`<circle cx="300" cy="300" r="%.0f" fill="url(#m)"/><circle cx="300" cy="300" r="%.0f" fill="%s" opacity=".55"/><circle cx="300" cy="300" r="%.0f" fill="%s"/>`, r+26, r+4, c.light, r-26, c.glow)
	n := 10 + 2*c.d.n(5)
	for i := range n {
		c.put(`<g transform="rotate(%d 300 300)">`, i*360/n)
		c.leafAt(300, 190, 11, 8, c.accent)
		c.put(`</g>`)
	}
	for i := range 3 {
		c.branch(300+float64(i-1)*14, 352, 90, float64(i-1)*46, c.leaf)
	}
	c.put(`<path d="M216 468h168l-22 -16h-124z" fill="%s"/>`, c.edge)
}

func jug(c *canvas) {
	r, h := 72+12*c.d.float(), 205+30*c.d.float()
	c.shadow(304, ground+20, r+20, 16)
	handle(c, 300+r*.55, ground+20-h*.9, 74, h*.5)
	c.put(`<path d="M%.0f %.0fl-34 -22l8 26l20 18z" fill="%s"/>`, 300-r*.48, ground+22-h, c.light)
	c.turned(300, ground+20, [][2]float64{{0, r * .7}, {10, r * .78}, {h * .35, r}, {h * .74, r * .5}, {h, r * .62}})
}

func lamp(c *canvas) {
	c.put(`<circle cx="300" cy="226" r="190" fill="#fff4cf" opacity=".5"/>`)
	c.shadow(300, ground+18, 76, 15)
	r := 50 + 18*c.d.float()
	c.turned(300, ground+18, [][2]float64{{0, r * .8}, {12, r * .85}, {60, r}, {120, r * .5}, {150, 9}, {180, 8}})
	top := 62 + 30*c.d.float()
	c.put(`<path d="M%.0f 136L%.0f 136L432 282H168z" fill="%s"/><path d="M%.0f 136L%.0f 136L432 282H168z" fill="#ffe9ad" opacity=".62"/>`, 300-top, 300+top, c.light, 300-top, 300+top)
	c.put(`<path d="M168 282q132 22 264 0" fill="none" stroke="%s" stroke-width="7"/><path d="M%.0f 136h%.0f" stroke="%s" stroke-width="6"/>`, c.accent, 300-top, 2*top, c.accent)
}

func candle(c *canvas) {
	for i, n := 0, 1+c.d.n(3); i < n; i++ {
		x := 300 + (float64(i)-float64(n-1)/2)*116
		h := 110 + 90*c.d.float()
		c.shadow(x, ground+20, 52, 13)
		c.put(`<circle cx="%.0f" cy="%.0f" r="64" fill="#fff0bd" opacity=".5"/>`, x, ground-h-26)
		c.put(`<rect x="%.0f" y="%.0f" width="88" height="%.0f" rx="8" fill="url(#m)"/><ellipse cx="%.0f" cy="%.0f" rx="44" ry="10" fill="%s"/>`, x-44, ground+20-h, h, x, ground+20-h, c.glow)
		c.put(`<rect x="%.0f" y="%.0f" width="64" height="%.0f" fill="%s" opacity=".92"/><path d="M%.0f %.0fh36" stroke="%s" stroke-width="3"/>`, x-32, ground+20-h*.66, h*.34, c.glow, x-18, ground+20-h*.5, c.dark)
		c.put(`<path d="M%.0f %.0fv-14" stroke="#333" stroke-width="3"/><path d="M%.0f %.0fc-16 -20 0 -34 0 -46c0 12 16 26 0 46z" fill="#f3a63a"/><path d="M%.0f %.0fc-7 -9 0 -16 0 -22c0 6 7 13 0 22z" fill="#fff3c4"/>`, x, ground+20-h, x, ground+10-h, x, ground+8-h)
	}
}

func planter(c *canvas) {
	r := 82 + 18*c.d.float()
	for i := range 7 + c.d.n(4) {
		c.branch(300+(c.d.float()-.5)*r, ground-96, 110+100*c.d.float(), 220*(c.d.float()-.5), []string{c.leaf, "#587a4c", "#7d9a5f"}[i%3])
	}
	c.shadow(300, ground+26, r+16, 16)
	c.put(`<ellipse cx="300" cy="%d" rx="%.0f" ry="14" fill="%s"/>`, ground+18, r+8, c.dark)
	c.turned(300, ground+16, [][2]float64{{0, r * .72}, {4, r * .73}, {104, r * .98}, {108, r * 1.06}, {124, r * 1.06}})
}

func cushion(c *canvas) {
	c.shadow(300, ground+26, 158, 18)
	const cover = "M168 196C240 214 360 214 432 196C418 270 418 380 436 462C360 446 240 446 164 462C182 380 182 270 168 196z"
	c.put(`<path d="%s" fill="url(#m)"/><clipPath id="c%s"><path d="%s"/></clipPath><g clip-path="url(#c%s)">`, cover, c.id, cover, c.id)
	weave(c, 160, 190, 280, 280)
	c.put(`</g><path d="%s" fill="url(#a)" stroke="%s" stroke-width="4" stroke-dasharray="3 5"/>`, cover, c.dark)
	for _, p := range [][2]int{{168, 196}, {432, 196}, {164, 462}, {436, 462}} {
		c.put(`<circle cx="%d" cy="%d" r="10" fill="%s"/>`, p[0], p[1], c.accent)
	}
}

// weave fills a rectangle with a pattern of the loom.
func weave(c *canvas, x, y, w, h int) {
	switch c.d.n(3) {
	case 0:
		for i := 0; i < w; i += 34 {
			c.put(`<rect x="%d" y="%d" width="12" height="%d" fill="%s" opacity=".75"/>`, x+i, y, h, []string{c.accent, c.glow}[i/34%2])
		}
	case 1:
		for j := 0; j < h; j += 48 {
			for i := 0; i < w; i += 48 {
				c.put(`<path d="M%d %dl20 -20l20 20l-20 20z" fill="%s" opacity=".8"/>`, x+i, y+j+24, []string{c.accent, c.glow, c.dark}[(i/48+j/48)%3])
			}
		}
	default:
		for j := 10; j < h; j += 40 {
			c.put(`<path d="M%d %d`, x, y+j)
			for range w / 40 {
				c.put(`l20 -16l20 16`)
			}
			c.put(`" fill="none" stroke="%s" stroke-width="7" opacity=".8"/>`, []string{c.glow, c.accent}[j/40%2])
		}
	}
}

func throw(c *canvas) {
	c.shadow(300, ground+30, 170, 20)
	for i := range 3 {
		y := 398 - i*76
		c.put(`<path id="f%d" d="M%d %dq-22 36 0 72h%dq26 -36 0 -72z" fill="url(#m)"/><clipPath id="c%s%d"><use href="#f%d"/></clipPath><g clip-path="url(#c%s%d)">`, i, 160+i*6, y, 280-i*12, c.id, i, i, c.id, i)
		weave(c, 130, y, 340, 72)
		c.put(`</g><path d="M%d %dh%d" stroke="%s" stroke-opacity=".5" stroke-width="3"/>`, 160+i*6, y+72, 280-i*12, c.dark)
	}
	for i := range 24 {
		c.put(`<path d="M%d 470v%d" stroke="%s" stroke-width="4" stroke-linecap="round"/>`, 164+i*12, 14+c.d.n(8), c.light)
	}
}

func basket(c *canvas) {
	c.shadow(300, ground+24, 140, 18)
	c.put(`<path d="M180 300C190 150 410 150 420 300" fill="none" stroke="%s" stroke-width="14"/>`, c.dark)
	c.put(`<path id="b" d="M160 296H440L408 462H192z" fill="url(#m)"/><clipPath id="c%s"><use href="#b"/></clipPath><g clip-path="url(#c%s)" stroke-width="7" fill="none">`, c.id, c.id)
	for j := range 9 {
		for i := range 12 {
			if (i+j)%2 == 0 {
				c.put(`<path d="M%d %dh22" stroke="%s" stroke-linecap="round" opacity=".8"/>`, 158+i*26, 310+j*18, c.light)
			} else {
				c.put(`<path d="M%d %dh22" stroke="%s" stroke-linecap="round" opacity=".55"/>`, 158+i*26, 310+j*18, c.dark)
			}
		}
	}
	c.put(`</g><rect x="150" y="284" width="300" height="22" rx="11" fill="%s"/>`, c.main)
	for i := range 3 {
		c.branch(220+float64(i)*76, 292, 60, float64(i-1)*40, c.leaf)
	}
}

func tea(c *canvas) {
	c.shadow(300, ground+22, 92, 15)
	c.put(`<rect x="212" y="232" width="176" height="230" rx="10" fill="url(#m)"/><rect x="204" y="206" width="192" height="44" rx="12" fill="%s"/><ellipse cx="300" cy="208" rx="92" ry="12" fill="%s"/>`, c.dark, c.main)
	c.put(`<circle cx="300" cy="350" r="66" fill="%s"/>`, c.glow)
	c.branch(300, 396, 84, 0, c.leaf)
	c.put(`<path d="M232 434h136" stroke="%s" stroke-width="6"/>`, c.accent)
	for range 26 {
		c.put(`<path d="M%.0f %.0fl9 -3" stroke="%s" stroke-width="4" stroke-linecap="round"/>`, 170+260*c.d.float(), ground+30+20*c.d.float(), c.dark)
	}
}

func spice(c *canvas) {
	c.shadow(300, ground+22, 84, 14)
	c.put(`<rect x="226" y="250" width="148" height="212" rx="22" fill="#fff" opacity=".45"/><path d="M232 %d q34 -16 68 0t68 0V440a18 18 0 0 1 -18 18H250a18 18 0 0 1 -18 -18z" fill="url(#m)"/>`, 300+c.d.n(24))
	for range 60 {
		c.put(`<circle cx="%.0f" cy="%.0f" r="2.4" fill="%s" opacity=".7"/>`, 240+120*c.d.float(), 335+115*c.d.float(), []string{c.light, c.dark, c.accent}[c.d.n(3)])
	}
	c.put(`<rect x="238" y="196" width="124" height="54" rx="8" fill="#b58a5a"/><rect x="238" y="214" width="124" height="6" fill="#9a7347"/><rect x="246" y="352" width="108" height="60" fill="%s"/><path d="M262 374h76M270 392h60" stroke="%s" stroke-width="4"/>`, c.glow, c.dark)
	c.put(`<path d="M238 270v170" stroke="#fff" stroke-opacity=".7" stroke-width="7" stroke-linecap="round"/>`)
}

func bottle(c *canvas) {
	h := 250 + 40*c.d.float()
	w := 50 + 14*c.d.float()
	c.shadow(300, ground+22, w+16, 14)
	c.turned(300, ground+22, [][2]float64{{0, w * .9}, {8, w}, {h * .55, w}, {h * .7, w * .8}, {h * .8, 17}, {h, 17}})
	c.put(`<rect x="284" y="%.0f" width="32" height="34" rx="6" fill="#a77c4b"/>`, ground+22-h-26)
	c.put(`<rect x="%.0f" y="%.0f" width="%.0f" height="88" fill="%s"/>`, 300-w*.86, ground-h*.46, w*1.72, c.glow)
	c.branch(300, ground-h*.46+78, 60, 8, c.leaf)
}

func soap(c *canvas) {
	c.shadow(300, ground+30, 140, 18)
	for i, n := 0, 2+c.d.n(2); i < n; i++ {
		y := ground - 40 - i*70
		x := 196 + (i%2)*16
		c.put(`<rect x="%d" y="%d" width="196" height="70" rx="14" fill="url(#m)"/><rect x="%d" y="%d" width="196" height="22" rx="11" fill="#fff" opacity=".22"/>`, x, y, x, y)
		c.put(`<rect x="%d" y="%d" width="64" height="70" fill="%s" opacity=".9"/><path d="M%d %dh36M%d %dh24" stroke="%s" stroke-width="4"/>`, x+66, y, c.glow, x+80, y+30, x+86, y+44, c.dark)
	}
	for range 9 {
		c.put(`<circle cx="%.0f" cy="%.0f" r="%.0f" fill="#fff" opacity=".45"/>`, 150+300*c.d.float(), ground+20+30*c.d.float(), 5+9*c.d.float())
	}
}
