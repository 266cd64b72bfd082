#pragma once
#include <hdf5.h>

// HDF5 names its constants by macros that call functions, which Swift does not import.

static inline hid_t CHDF5Default(void) { return H5P_DEFAULT; }
static inline hid_t CHDF5WholeSpace(void) { return H5S_ALL; }
static inline hid_t CHDF5ErrorStack(void) { return H5E_DEFAULT; }
static inline unsigned CHDF5ReadOnly(void) { return H5F_ACC_RDONLY; }
static inline unsigned CHDF5Truncating(void) { return H5F_ACC_TRUNC; }

static inline hid_t CHDF5FileAccess(void) { return H5P_FILE_ACCESS; }
static inline hid_t CHDF5FileCreation(void) { return H5P_FILE_CREATE; }
static inline hid_t CHDF5GroupCreation(void) { return H5P_GROUP_CREATE; }
static inline hid_t CHDF5DatasetCreation(void) { return H5P_DATASET_CREATE; }

static inline hid_t CHDF5Float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t CHDF5Float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t CHDF5Int64(void) { return H5T_STD_I64LE; }
static inline hid_t CHDF5UInt64(void) { return H5T_STD_U64LE; }
static inline hid_t CHDF5UInt8(void) { return H5T_STD_U8LE; }
static inline hid_t CHDF5String(void) { return H5T_C_S1; }
