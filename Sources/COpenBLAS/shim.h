#include <stddef.h>
#include <cblas.h>

// Debian's OpenBLAS carries the Fortran LAPACK but not its C interface, so the few routines in use are declared here. A
// Fortran routine takes every argument by address, and the length of each character argument by value at the end.

void dgesdd_(
    const char *job, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu,
    double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info, size_t jobLength);

void dsyevd_(
    const char *job, const char *triangle, const int *n, double *a, const int *lda, double *w, double *work,
    const int *lwork, int *iwork, const int *liwork, int *info, size_t jobLength, size_t triangleLength);

void dgeqrf_(
    const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork, int *info);

void dorgqr_(
    const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
    const int *lwork, int *info);

void sgeqrf_(
    const int *m, const int *n, float *a, const int *lda, float *tau, float *work, const int *lwork, int *info);

void sorgqr_(
    const int *m, const int *n, const int *k, float *a, const int *lda, const float *tau, float *work,
    const int *lwork, int *info);
