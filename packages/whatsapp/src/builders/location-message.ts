import { type MessageBuilder, withContext } from './message-builder.js';

export const locationMessage: MessageBuilder<'location'> = {
  build: ({ latitude, longitude, name, address }, { contextInfo }) => ({
    locationMessage: {
      degreesLatitude: latitude,
      degreesLongitude: longitude,
      ...(name ? { name } : {}),
      ...(address ? { address } : {}),
      ...withContext(contextInfo),
    },
  }),
};
