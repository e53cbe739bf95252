import { describe, expect, test } from '@jest/globals';
import { createRespeller, SEND_TYPES, type SendBody } from '@pombo/contracts';

const schema = SEND_TYPES.contact.schema;
const respell = createRespeller(schema);

function validate(body: Record<string, unknown>) {
  const result = schema.validate(respell({ number: '5511999998888', ...body }).body, { abortEarly: false });
  const { contact } = (result.value ?? {}) as Partial<SendBody<'contact'>>;
  return { contact, problems: result.error?.details.map(({ path }) => path.join('.')) };
}

const ana = { name: 'Ana', phones: [{ number: '5511988887777', waid: '5511988887777' }], emails: [], urls: [] };
const rawCard = (...lines: string[]): string => ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].join('\r\n');

describe('one contact is understood', () => {
  test.each<[string, Record<string, unknown>]>([
    ['as full_name and phone', { contact: { full_name: 'Ana', phone: '5511988887777' } }],
    ['in camelCase', { contact: { fullName: 'Ana', phoneNumber: '5511988887777' } }],
    ['under other names', { contact: { display_name: 'Ana', phone_number: 5511988887777 } }],
    ['with a list of phones', { contact: { name: 'Ana', phones: ['5511988887777'] } }],
    ['as fields of the body', { contact_name: 'Ana', contactPhone: '5511988887777' }],
    ['as the Cloud API has it', { contact: { name: { formatted_name: 'Ana' }, phones: [{ phone: '5511988887777' }] } }],
  ])('%s', (_how, body) => {
    expect(validate(body)).toEqual({ contact: ana, problems: undefined });
  });

  test('with everything a card can say', () => {
    const { contact } = validate({
      contact: {
        name: { formatted_name: 'Ana Souza', first_name: 'Ana', last_name: 'Souza' },
        phones: [{ phone: '(11) 8888-7777', type: 'work', wa_id: '551188887777' }],
        org: { company: 'Pombo', title: 'Pilot' },
        emails: [{ email: 'ana@example.com', type: 'WORK' }],
        website: 'https://example.com/ana',
        address: 'Rua A, 1',
        birthday: '1990-02-03',
        note: 'flies',
      },
    });
    expect(contact).toEqual({
      ...{ name: 'Ana Souza', first_name: 'Ana', last_name: 'Souza', organization: 'Pombo', title: 'Pilot' },
      phones: [{ number: '(11) 8888-7777', type: 'work', waid: '551188887777' }],
      emails: ['ana@example.com'],
      urls: ['https://example.com/ana'],
      ...{ address: 'Rua A, 1', birthday: '1990-02-03', note: 'flies' },
    });
  });

  test.each([
    ['its FN', rawCard('FN:Ana\\, Souza', 'TEL:1'), 'Ana, Souza'],
    ['a folded FN', rawCard('item1.FN;CHARSET=UTF-8:Ana', '  Souza'), 'Ana Souza'],
    ['its N', rawCard('N:Souza;Ana;;;'), 'Ana Souza'],
  ])('as a vCard, named by %s', (_by, vcard, name) => {
    expect(validate({ contact: vcard }).contact).toEqual({ name, vcard });
    expect(validate({ vcard }).contact).toEqual({ name, vcard });
    expect(validate({ contact: { vcard, full_name: 'Shown' } }).contact).toEqual({ name: 'Shown', vcard });
  });
});

describe('refused, naming the field, is', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no contact', {}, ''],
    ['a contact without a name', { contact: { phone: '5511988887777' } }, 'contact.full_name'],
    ['a contact without a phone', { contact: { name: 'Ana' } }, 'contact.phone'],
    ['a phone that is none', { contact: { name: 'Ana', phone: 'call me' } }, 'contact.phone'],
    ['half a vCard', { contact: 'BEGIN:VCARD\nFN:Ana' }, 'contact'],
    ['two vCards in one', { vcard: `${rawCard('FN:Ana')}\n${rawCard('FN:Rui')}` }, 'vcard'],
    ['a vCard without a name', { vcard: rawCard('TEL:1') }, 'vcard'],
    ['an address that is no email', { contact: { name: 'Ana', phone: '123456', email: 'ana' } }, 'contact.email'],
  ])('%s', (_what, body, field) => {
    expect(validate(body).problems).toEqual([field]);
  });

  test('a contact given twice', () => {
    expect(validate({ contact: { name: 'Ana', phone: '123456' }, full_name: 'Rui' }).problems).toHaveLength(1);
  });
});
