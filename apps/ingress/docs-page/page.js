/* global SwaggerUIBundle, window */

window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#document',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelExpandDepth: 2,
  defaultModelsExpandDepth: 0,
  defaultModelRendering: 'example',
  displayRequestDuration: true,
  filter: true,
  requestSnippetsEnabled: false,
  tryItOutEnabled: false,
  validatorUrl: null,
});
