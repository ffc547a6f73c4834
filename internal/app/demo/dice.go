package demo

import (
	"math"
	"math/rand/v2"
)

// What dice are for. Each question has dice of its own, so that a new question does not change older answers.
const (
	forPerson = iota + 1
	forPlan
	forOrder
	forVisit
	forDevice
	forRate
	forLive
	forPicture
	forStock
)

// dice is a source of chance that depends only on its seed.
type dice struct{ pcg rand.PCG }

func roll(seed uint64, about, a, b uint64) *dice {
	d := &dice{}
	d.pcg.Seed(mix(seed^mix(about)), mix(a+0x9e3779b97f4a7c15)^mix(b*0xbf58476d1ce4e5b9+about))
	return d
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *dice) bits() uint64          { return d.pcg.Uint64() }
func (d *dice) float() float64        { return float64(d.pcg.Uint64()>>11) / (1 << 53) }
func (d *dice) chance(p float64) bool { return d.float() < p }
func (d *dice) exp() float64          { return -math.Log(1 - d.float()) }

// n gives 0 .. n-1.
func (d *dice) n(n int) int { return int(d.float() * float64(n)) }

// between gives lo .. hi.
func (d *dice) between(lo, hi int) int { return lo + d.n(hi-lo+1) }

// weighted draws an index by running sums.
func (d *dice) weighted(sums []float64) int {
	x := d.float() * sums[len(sums)-1]
	lo, hi := 0, len(sums)-1
	for lo < hi {
		if mid := (lo + hi) / 2; sums[mid] <= x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// geometric counts failures before the first success, with the given mean.
func (d *dice) geometric(mean float64) int {
	if mean <= 0 {
		return 0
	}
	return int(math.Log(1-d.float()) / math.Log(mean/(1+mean)))
}

func (d *dice) normal() float64 {
	return math.Sqrt(2*d.exp()) * math.Cos(2*math.Pi*d.float())
}

// gamma draws from the gamma distribution with the given shape and scale 1 (Marsaglia and Tsang, 2000).
func (d *dice) gamma(shape float64) float64 {
	if shape < 1 {
		return d.gamma(shape+1) * math.Pow(1-d.float(), 1/shape)
	}
	k := shape - 1.0/3
	c := 1 / math.Sqrt(9*k)
	for {
		x := d.normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-d.float()) < x*x/2+k-k*v+k*math.Log(v) {
			return k * v
		}
	}
}

func (d *dice) beta(a, b float64) float64 {
	x, y := d.gamma(a), d.gamma(b)
	return x / (x + y)
}
