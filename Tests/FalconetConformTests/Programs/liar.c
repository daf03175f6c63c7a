/*
 * Stands behind the stack machine's source, in place of its entry: the same VM, which lies in one way that
 * lie() chooses before the library's table is asked for.
 */
static uint64_t lie_number;
static fpvm_table lying;
static fpvm_callbacks known;

FPVM_EXPORT void lie(uint64_t number) { lie_number = number; }

#define HUGE_COUNT (1ull << 63)

static int32_t lie_load(const fpvm_input *input, fpvm_machine **machine, fpvm_error *error) {
  *machine = NULL;
  if (lie_number == 20) return FPVM_OK;
  if (lie_number == 21 && error) error->count = 1 << 20;
  if (lie_number == 22 && error) memcpy(error->text, "\033[31mred", error->count = 8);
  if (lie_number == 23) return FPVM_STOP;
  return lie_number < 24 ? FPVM_BAD_DATA : load_program(input, machine, error);
}

static int32_t lie_callbacks(fpvm_machine *m, const fpvm_callbacks *callbacks, fpvm_error *error) {
  if (callbacks) known = *callbacks;
  return set_callbacks(m, callbacks, error);
}

static int32_t lie_run(fpvm_machine *m, const fpvm_run *how, fpvm_stop *stop, fpvm_error *error) {
  fpvm_bytes bytes;
  const uint8_t *text = (const uint8_t *)"text";
  switch (lie_number) {
  case 30: known.preimage(known.context, text, HUGE_COUNT, &bytes); break;
  case 31: known.preimage(known.context, NULL, 5, &bytes); break;
  case 32: known.preimage(known.context, text, 4, NULL); break;
  case 33: known.hint(known.context, text, HUGE_COUNT); break;
  case 34: known.output(known.context, 1, NULL, 5); break;
  case 35: stop->reason = FPVM_STOPPED_BY_CALLBACK; return FPVM_OK;
  case 36: return FPVM_STOP;
  case 37: stop->reason = 77; return FPVM_OK;
  }
  return run(m, how, stop, error);
}

static int32_t lie_witness(fpvm_machine *m, fpvm_bytes *bytes, fpvm_error *error) {
  (void)m, (void)error;
  bytes->bytes = lie_number == 40 ? NULL : (const uint8_t *)"x";
  bytes->count = lie_number == 40 ? 5 : 1ull << (lie_number == 41 ? 63 : 50);
  return FPVM_OK;
}

static int32_t lie_prove(fpvm_machine *m, const fpvm_proof **result, fpvm_error *error) {
  static fpvm_proof shown;
  static fpvm_field fields[2];
  int32_t status = prove(m, result, error);
  if (status) return status;
  shown = **result;
  memcpy(fields, shown.fields, sizeof fields);
  switch (lie_number) {
  case 50: *result = NULL; return FPVM_OK;
  case 51: shown.size = 0; break;
  case 52: shown.fields = NULL; break;
  case 53: shown.field_count = HUGE_COUNT; break;
  case 54: shown.pre.bytes = NULL; break;
  case 55: fields[0].name.text = NULL; shown.fields = fields; break;
  case 56: fields[1].bytes.count = HUGE_COUNT; shown.fields = fields; break;
  case 57: fields[0].name = (fpvm_text){"\xff", 1}; shown.fields = fields; break;
  case 58:
    fields[1].name = (fpvm_text){"\033[2J", 4};
    fields[1].bytes.count = HUGE_COUNT;
    shown.fields = fields;
    break;
  }
  *result = &shown;
  return FPVM_OK;
}

static void lie_free(const fpvm_proof *proof) { (void)proof; }

FPVM_EXPORT const fpvm_table *fpvm_get(uint32_t abi) {
  static const fpvm_kind *none[1];
  static const fpvm_kind odd = {sizeof odd, TEXT("\033[2Jodd\n"), TEXT("\033[2J"), WITNESS};
  static const fpvm_kind cannon = {sizeof cannon, TEXT("8-2026-06"), TEXT(""), WITNESS};
  static const fpvm_kind *kinds[1];
  static uint64_t calls;
  (void)abi;
  lying = VM;
  switch (lie_number) {
  case 1: return NULL;
  case 2: lying.abi = 2; break;
  case 3: lying.size = 8; break;
  case 4: lying.kinds = NULL; break;
  case 5: lying.kinds = none; break;
  case 6: lying.kind_count = 0xFFFFFFFF; break;
  case 7: lying.option_count = HUGE_COUNT; break;
  case 8: lying.option_count = 3; break;
  case 9: lying.name.text = NULL; break;
  case 10: lying.name.count = HUGE_COUNT; break;
  case 11: lying.name = (fpvm_text){"\xff", 1}; break;
  case 12: lying.claim_size = FPVM_CLAIM_MAX + 1; break;
  case 13: lying.run = NULL; lying.info = NULL; break;
  case 14: if (calls++ % 2 == 0) return NULL; break;
  case 15: kinds[0] = &odd; lying.kinds = kinds; break;
  case 16: kinds[0] = &cannon; lying.kinds = kinds; lying.claim_size = 31; break;
  case 17: kinds[0] = &cannon; lying.kinds = kinds; break;
  case 18: kinds[0] = &cannon; lying.kinds = kinds; lying.capabilities &= ~FPVM_CAN_LOAD_PROGRAM; break;
  }
  if (lie_number >= 20) lying.load_program = lie_load;
  lying.set_callbacks = lie_callbacks;
  if (lie_number >= 30) lying.run = lie_run;
  if (lie_number >= 40 && lie_number < 50) lying.witness = lie_witness;
  if (lie_number >= 50) lying.prove = lie_prove;
  if (lie_number >= 50) lying.free_proof = lie_free;
  return &lying;
}
