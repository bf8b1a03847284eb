// HDF5's constants are macros over library globals, which Swift cannot import: each one used gets an inline function.
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include <string.h>

static inline hid_t h5x_native_u8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t h5x_native_i32(void) { return H5T_NATIVE_INT32; }
static inline hid_t h5x_native_u32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t h5x_native_i64(void) { return H5T_NATIVE_INT64; }
static inline hid_t h5x_native_u64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t h5x_native_f64(void) { return H5T_NATIVE_DOUBLE; }

static inline hid_t h5x_stored_u8(void) { return H5T_STD_U8LE; }
static inline hid_t h5x_stored_i32(void) { return H5T_STD_I32LE; }
static inline hid_t h5x_stored_u32(void) { return H5T_STD_U32LE; }
static inline hid_t h5x_stored_i64(void) { return H5T_STD_I64LE; }
static inline hid_t h5x_stored_u64(void) { return H5T_STD_U64LE; }
static inline hid_t h5x_stored_f64(void) { return H5T_IEEE_F64LE; }

static inline hid_t h5x_c_string(void) { return H5T_C_S1; }
static inline size_t h5x_variable(void) { return H5T_VARIABLE; }

static inline hid_t h5x_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t h5x_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t h5x_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t h5x_dataset_create(void) { return H5P_DATASET_CREATE; }

static inline unsigned h5x_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned h5x_truncate(void) { return H5F_ACC_TRUNC; }

// Switches error printing off on the calling thread.
static inline void h5x_quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

struct h5x_text { char *bytes; size_t capacity; };

static inline herr_t h5x_keep_first(unsigned n, const H5E_error2_t *error, void *context) {
    struct h5x_text *text = (struct h5x_text *)context;
    if (text->bytes[0] == 0 && error->desc != NULL) {
        strncpy(text->bytes, error->desc, text->capacity - 1);
        text->bytes[text->capacity - 1] = 0;
    }
    (void)n;
    return 0;
}

// The innermost message of this thread's error stack: the cause, not the call chain.
static inline void h5x_reason(char *bytes, size_t capacity) {
    struct h5x_text text = {bytes, capacity};
    bytes[0] = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, h5x_keep_first, &text);
}

#endif
