import { Router } from 'express';
import type { PairingControls } from '../../controls/pairing-controls.js';
import { bodyOf, optionalText, optionalTexts, requireText } from '../parse-body.js';

export function pairingRoutes(controls: PairingControls): Router {
  const router = Router();
  router.post('/pair-qr', async (request, response) => {
    const body = bodyOf(request);
    const phone = optionalText(body, 'phone');
    response.json(await controls.pairQr(requireText(body, 'qr'), phone === undefined ? {} : { phone }));
  });
  router.post('/pair-code', async (request, response) => {
    const body = bodyOf(request);
    response.json(await controls.pairCode(requireText(body, 'phone'), requireText(body, 'code')));
  });
  router.post('/paired-devices', async (request, response) => {
    const body = bodyOf(request);
    const phones = optionalTexts(body, 'phones');
    const count = Number(optionalText(body, 'count') ?? 1);
    if (!Number.isSafeInteger(count) || count < 1) throw new Error('count must be a positive integer');
    response.json(await controls.createPairedDevices(phones ? { phones } : count));
  });
  return router;
}
