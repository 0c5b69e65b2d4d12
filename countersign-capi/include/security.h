/*
 * What Windows programs include for SSPI: the interface and the names of the packages.
 *
 * SECURITY_WIN32 need not be defined; a program that defines it, or SECURITY_KERNEL or SECURITY_MAC,
 * gets the same interface.
 */
#ifndef COUNTERSIGN_SECURITY_H
#define COUNTERSIGN_SECURITY_H

#include "sspi.h"
#include "secext.h"

#endif
