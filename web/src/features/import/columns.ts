/** The fields one may point out by hand, for each kind of file; the server knows the usual headings by itself. */
export const fields: Record<string, string[]> = {
  customers: [
    'customer_id',
    'email',
    'phone',
    'name',
    'first_name',
    'last_name',
    'birthday',
    'gender',
    'language',
    'city',
    'country',
    'accepts_email',
    'consent_at',
    'created_at',
  ],
  orders: [
    'order_id',
    'customer_id',
    'email',
    'date',
    'total',
    'currency',
    'discount',
    'tax',
    'shipping',
    'status',
    'refunded',
    'sku',
    'product_name',
    'quantity',
    'price',
  ],
  order_lines: ['order_id', 'customer_id', 'email', 'date', 'sku', 'product_name', 'quantity', 'price', 'total', 'currency'],
  products: [
    'product_id',
    'sku',
    'name',
    'description',
    'brand',
    'category',
    'url',
    'image',
    'price',
    'cost',
    'stock',
    'currency',
    'active',
  ],
};

export const kinds = Object.keys(fields);

const separators = [',', ';', '\t', '|'];

/** The headings of a CSV file, read from its first line; quotes may hold separators. Empty for JSONL. */
export function headingsOf(text: string): string[] {
  const clean = text.replace(/^\uFEFF/, '');
  if (/^\s*[{[]/.test(clean)) return [];
  const line = firstRecord(clean);
  const by = separators.reduce((best, s) => (split(line, s).length > split(line, best).length ? s : best), ',');
  return split(line, by)
    .map((h) => h.trim())
    .filter(Boolean);
}

function firstRecord(text: string): string {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if ((text[i] === '\n' || text[i] === '\r') && !quoted) return text.slice(0, i);
  }
  return text;
}

function split(line: string, by: string): string[] {
  const out: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === '"' && quoted && line[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === by && !quoted) {
      out.push(cell);
      cell = '';
    } else cell += c;
  }
  out.push(cell);
  return out;
}

/** Guesses what a file holds from its name and headings, to spare a click. */
export function kindOf(name: string, headings: string[]): string | undefined {
  const text = name.toLowerCase();
  if (/product|catalog|item/.test(text)) return 'products';
  if (/line/.test(text)) return 'order_lines';
  if (/order|transaction|sale|invoice/.test(text)) return 'orders';
  if (/customer|contact|people|subscriber/.test(text)) return 'customers';
  const all = headings.join(' ').toLowerCase();
  if (/invoice|order/.test(all)) return 'orders';
  if (/sku|price/.test(all)) return 'products';
  return /mail/.test(all) ? 'customers' : undefined;
}

interface Paced {
  position: number;
  total_bytes: number;
  created_at: string;
  started_at?: string;
  updated_at: string;
}

/** How far an import is and how long it still takes, by its start and its last sign of life. */
export function pace(i: Paced): { share: number; secondsLeft: number | undefined } {
  const seconds = (Date.parse(i.updated_at) - Date.parse(i.started_at ?? i.created_at)) / 1000;
  const share = i.total_bytes > 0 ? Math.min(1, i.position / i.total_bytes) : 0;
  return { share, secondsLeft: share > 0.01 && seconds > 0.5 ? (seconds / share) * (1 - share) : undefined };
}
