// Small line drawings for empty pages, made for this app.
const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 2, strokeLinecap: 'round', strokeLinejoin: 'round' } as const;
const tint = { fill: 'var(--accent-soft)', stroke: 'var(--accent)', strokeWidth: 2, strokeLinejoin: 'round' } as const;

export function PeopleDrawing() {
  return (
    <svg viewBox="0 0 132 88" aria-hidden="true">
      <circle cx="38" cy="34" r="11" {...line} />
      <path d="M18 70c2-14 10-20 20-20s18 6 20 20" {...line} />
      <circle cx="94" cy="34" r="11" {...line} />
      <path d="M74 70c2-14 10-20 20-20s18 6 20 20" {...line} />
      <circle cx="66" cy="28" r="14" {...tint} />
      <path d="M41 74c2-19 12-27 25-27s23 8 25 27z" {...tint} />
    </svg>
  );
}

export function ParcelDrawing() {
  return (
    <svg viewBox="0 0 132 88" aria-hidden="true">
      <path d="M30 34l36-16 36 16v32L66 80 30 66z" {...line} />
      <path d="M30 34l36 15 36-15M66 49v31" {...line} />
      <path d="M48 26l36 16v12l8-4V38L56 22z" {...tint} />
    </svg>
  );
}

export function SignalDrawing() {
  return (
    <svg viewBox="0 0 132 88" aria-hidden="true">
      <path d="M14 62h22l8-30 12 44 12-56 10 42h40" {...line} />
      <circle cx="78" cy="62" r="6" {...tint} />
      <path d="M14 76h104" {...line} strokeDasharray="2 6" />
    </svg>
  );
}

export function FileDrawing() {
  return (
    <svg viewBox="0 0 132 88" aria-hidden="true">
      <path d="M36 12h36l20 20v44H36z" {...line} />
      <path d="M72 12v20h20" {...line} />
      <path d="M46 44h36M46 54h36M46 64h22" {...line} />
      <circle cx="96" cy="62" r="14" {...tint} />
      <path d="M96 69V56m-6 5l6-6 6 6" {...line} stroke="var(--accent)" />
    </svg>
  );
}

export function KeyDrawing() {
  return (
    <svg viewBox="0 0 132 88" aria-hidden="true">
      <circle cx="44" cy="44" r="18" {...tint} />
      <circle cx="44" cy="44" r="6" {...line} stroke="var(--accent)" />
      <path d="M62 44h46v14M92 44v10" {...line} />
    </svg>
  );
}

export function ChartDrawing() {
  return (
    <svg viewBox="0 0 132 88" aria-hidden="true">
      <path d="M20 14v60h94" {...line} />
      <path d="M34 74V54h12v20zM56 74V40h12v34zM78 74V48h12v26z" {...line} />
      <path d="M100 74V26h12v48z" {...tint} />
    </svg>
  );
}
