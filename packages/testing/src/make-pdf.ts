/** PDFs made for the tests, as text. */

export interface PdfOptions {
  readonly pages?: number;
  readonly width?: number;
  readonly height?: number;
  /** What is drawn on every page. Default: a red page. */
  readonly content?: string;
}

export function makePdf({ pages = 1, width = 210, height = 297, content }: PdfOptions = {}): Buffer {
  const drawing = content ?? `1 0 0 rg 0 0 ${width} ${height} re f`;
  const kids = Array.from({ length: pages }, (_, index) => `${index + 4} 0 R`);
  const box = `/MediaBox[0 0 ${width} ${height}]`;
  return assemble([
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Count ${pages}/Kids[${kids.join(' ')}]${box}>>`,
    `<</Length ${drawing.length}>>stream\n${drawing}\nendstream`,
    ...kids.map(() => '<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<<>>>>'),
  ]);
}

/** Numbers the objects from 1 and adds the table that says where they are. */
function assemble(objects: readonly string[]): Buffer {
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${text}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  );
}
