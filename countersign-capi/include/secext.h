/*
 * The forms of names. The functions that go with them on Windows (GetUserNameEx, TranslateName,
 * GetComputerObjectName) are not in the library, so none is declared here.
 */
#ifndef COUNTERSIGN_SECEXT_H
#define COUNTERSIGN_SECEXT_H

#include "countersign_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    NameUnknown = 0,
    NameFullyQualifiedDN = 1,
    NameSamCompatible = 2,
    NameDisplay = 3,
    NameUniqueId = 6,
    NameCanonical = 7,
    NameUserPrincipal = 8,
    NameCanonicalEx = 9,
    NameServicePrincipal = 10,
    NameDnsDomain = 12,
    NameGivenName = 13,
    NameSurname = 14
} EXTENDED_NAME_FORMAT,
    *PEXTENDED_NAME_FORMAT;

#ifdef __cplusplus
}
#endif

#endif
