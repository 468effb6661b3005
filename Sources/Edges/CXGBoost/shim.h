#ifndef APUS_CXGBOOST_SHIM_H
#define APUS_CXGBOOST_SHIM_H
#include <xgboost/c_api.h>
#endif
